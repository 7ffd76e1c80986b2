#!/bin/bash
# A PBS or Torque job. mpi-run.sh takes its hosts, and launches the program again where a rank or a host is lost.
# Before the time is up the program stores what it has and ends with status 75: submit it again, and it goes on.
#PBS -N sweep
# change: how many nodes, and ranks on each
#PBS -l nodes=2:ppn=8
# change: the time it may take, here and in seconds below
#PBS -l walltime=08:00:00
#PBS -j oe

# change: the program and its arguments
program=(Sweep)

cd "$PBS_O_WORKDIR" || exit
# PBS itself asks a job to stop but seconds before it ends it.
export SEPPO_DEADLINE=$(($(date +%s) + ${PBS_WALLTIME:-28800}))
exec ./mpi-run.sh --restarts 5 "${program[@]}"
