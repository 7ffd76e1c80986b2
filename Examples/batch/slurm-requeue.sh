#!/bin/bash
# A Slurm job that queues itself again when its time is up, and goes on from there, until all is computed.
#SBATCH --job-name=sweep
# change: how many ranks
#SBATCH --ntasks=8
# change: the time each go may take
#SBATCH --time=08:00:00
# Two minutes before, this script gets a signal.
#SBATCH --signal=B:USR1@120 --requeue --open-mode=append

# change: the program and its arguments
program=(.build/release/Sweep)

srun --mpi=pmix "${program[@]}" & # or mpirun
launcher=$!
trap 'asked=yes; kill -USR1 "$launcher"' USR1
while :; do
  asked=''
  wait "$launcher"
  status=$?
  [ -n "$asked" ] || break # the signal has ended `wait`, not the program
done

# Status 75 says: not done yet, all that was computed is stored.
if [ "$status" -eq 75 ] && [ "${SLURM_RESTART_COUNT:-0}" -lt 100 ]; then scontrol requeue "$SLURM_JOB_ID"; fi
exit "$status"
