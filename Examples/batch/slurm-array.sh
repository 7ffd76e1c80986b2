#!/bin/bash
# A Slurm array: each task is a separate job, with its own slice of the items and its own checkpoint file.
# Submit the tasks that ended with status 75 again by their numbers: sbatch --array=3,7 slurm-array.sh
#SBATCH --job-name=sweep
# change: the number of tasks, and of ranks for each
#SBATCH --array=0-9 --ntasks=8
# change: the time limit of each task
#SBATCH --time=08:00:00
# The ranks get this signal two minutes before.
#SBATCH --signal=USR1@120

# change: the program and its slice
slice=slice-$SLURM_ARRAY_TASK_ID rho=$((30 * SLURM_ARRAY_TASK_ID))
program=(.build/release/Sweep --rho "$rho:$((rho + 29))" --rho-steps 30 --csv "$slice.csv" --svg "$slice.svg")

# Since Slurm 22.05, srun takes the cores of a rank from here.
export SEPPO_THREADS=${SLURM_CPUS_PER_TASK:-1} SRUN_CPUS_PER_TASK=${SLURM_CPUS_PER_TASK:-1}
exec srun --mpi=pmix "${program[@]}" --checkpoint "$slice.sqlite"
