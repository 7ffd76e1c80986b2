#!/bin/bash
# An LSF job that LSF queues again when its time is up (-Q 75), and that goes on from there until all is computed.
#BSUB -J sweep
# change: how many ranks
#BSUB -n 16
# change: the time each go may take
#BSUB -W 8:00
# Five minutes before, LSF sends USR1. Status 75 says: not done yet, all that was computed is stored.
#BSUB -wa USR1 -wt 5
#BSUB -Q 75
#BSUB -o sweep.%J.out

# change: the program and its arguments
program=(.build/release/Sweep)

mpirun --hostfile "$LSB_DJOB_HOSTFILE" --bind-to none "${program[@]}" &
launcher=$!
trap 'asked=yes; kill -USR1 "$launcher"' USR1
while :; do
  asked=''
  wait "$launcher"
  status=$?
  [ -n "$asked" ] || break # the signal has ended `wait`, not the program
done
exit "$status"
