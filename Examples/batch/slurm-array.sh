#!/bin/bash
# A Slurm array: each of its tasks is a job of its own, with its own slice of the items and its own checkpoint file.
# Those that ended with status 75 are submitted again by their numbers: sbatch --array=3,7 slurm-array.sh
#SBATCH --job-name=sweep
# change: how many tasks, and how many ranks each has
#SBATCH --array=0-9 --ntasks=8
# change: the time each task may take
#SBATCH --time=08:00:00
# The ranks themselves get this signal two minutes before.
#SBATCH --signal=USR1@120

# change: the program, and what its slice is
slice=slice-$SLURM_ARRAY_TASK_ID rho=$((30 * SLURM_ARRAY_TASK_ID))
program=(.build/release/Sweep --rho "$rho:$((rho + 29))" --rho-steps 30 --csv "$slice.csv" --svg "$slice.svg")

exec srun --mpi=pmix "${program[@]}" --checkpoint "$slice.sqlite"
