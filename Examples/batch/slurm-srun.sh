#!/bin/bash
# A Slurm job whose ranks srun starts. Before the time is up, it stores its results and ends with status 75: submit it
# again to resume.
#SBATCH --job-name=sweep
# change: the number of ranks, and of cores (threads) for each
#SBATCH --ntasks=8 --cpus-per-task=1
# change: the time limit
#SBATCH --time=08:00:00
# The ranks get this signal two minutes before.
#SBATCH --signal=USR1@120

# change: the program and its arguments
program=(.build/release/Sweep)

# Slurm before 23.02 does not set SLURM_JOB_END_TIME.
SEPPO_DEADLINE=${SLURM_JOB_END_TIME:-$(date -d "$(squeue -h -j "$SLURM_JOB_ID" -o %e)" +%s)}
export SEPPO_DEADLINE SEPPO_THREADS=$SLURM_CPUS_PER_TASK SRUN_CPUS_PER_TASK=$SLURM_CPUS_PER_TASK
exec srun --mpi=pmix "${program[@]}"
