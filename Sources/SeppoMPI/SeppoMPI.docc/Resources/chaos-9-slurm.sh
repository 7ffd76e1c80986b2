#!/bin/bash
#SBATCH --ntasks=64
#SBATCH --time=08:00:00
#SBATCH --signal=USR1@120
srun --mpi=pmix .build/release/Chaos
