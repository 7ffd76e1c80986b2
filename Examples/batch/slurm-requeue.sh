#!/bin/bash
# A Slurm job that requeues itself when its time is up or a rank was lost, and resumes, until everything is computed.
#SBATCH --job-name=sweep
# change: the number of ranks
#SBATCH --ntasks=8
# change: the time limit of each run
#SBATCH --time=08:00:00
# Two minutes before, this script gets a signal.
#SBATCH --signal=B:USR1@120 --requeue --open-mode=append

# change: the program and its arguments
program=(.build/release/Sweep)

# Since Slurm 22.05, srun takes the cores of a rank from here.
export SEPPO_THREADS=${SLURM_CPUS_PER_TASK:-1} SRUN_CPUS_PER_TASK=${SLURM_CPUS_PER_TASK:-1}
# The status is passed in a file: a `wait` that a signal interrupts may lose it.
ended=$(mktemp)
(
  trap : USR1 # this shell continues to wait
  srun --mpi=pmix "${program[@]}" # or mpirun
  echo $? >"$ended"
) &
launcher=$!
trap 'pkill -USR1 -P "$launcher"' USR1
while kill -0 "$launcher" 2>/dev/null; do sleep 1; done
status=$(grep . "$ended" || echo 255)
rm "$ended"

# Status 75 means: not done, all results so far are stored. From 128 on, a rank was killed. A job that was cancelled is
# no longer running.
if [ "$status" -eq 75 ] || [ "$status" -ge 128 ]; then
  if [ "${SLURM_RESTART_COUNT:-0}" -lt 100 ] && [ "$(squeue -h -j "$SLURM_JOB_ID" -o %T)" = RUNNING ]; then
    scontrol requeue "$SLURM_JOB_ID"
  fi
fi
exit "$status"
