#!/bin/bash
# An LSF job that LSF requeues when its time is up (-Q 75), and that resumes until everything is computed.
#BSUB -J sweep
# change: the number of ranks
#BSUB -n 16
# change: the time limit of each run
#BSUB -W 8:00
# Five minutes before, LSF sends USR1. Status 75 means: not done, all results so far are stored.
#BSUB -wa USR1 -wt 5
#BSUB -Q 75
#BSUB -o sweep.%J.out

# change: the program and its arguments
program=(.build/release/Sweep)

# The status is passed in a file: a `wait` that a signal interrupts may lose it.
ended=$(mktemp)
(
  trap : USR1 # this shell continues to wait
  mpirun --hostfile "$LSB_DJOB_HOSTFILE" --bind-to none "${program[@]}"
  echo $? >"$ended"
) &
launcher=$!
trap 'pkill -USR1 -P "$launcher"' USR1
while kill -0 "$launcher" 2>/dev/null; do sleep 1; done
status=$(grep . "$ended" || echo 255)
rm "$ended"
exit "$status"
