#!/bin/bash
# A PBS or Torque job. mpi-run.sh uses its hosts, and relaunches the program if a rank or a host is lost.
# Before the time is up, the program stores its results and ends with status 75: submit it again to resume.
#PBS -N sweep
# change: the number of nodes, and of ranks on each
#PBS -l nodes=2:ppn=8
# change: the time limit, here and in seconds below
#PBS -l walltime=08:00:00
#PBS -j oe

# change: the program and its arguments
program=(Sweep)

cd "$PBS_O_WORKDIR" || exit
# PBS itself asks a job to stop only seconds before it kills it.
export SEPPO_DEADLINE=$(($(date +%s) + ${PBS_WALLTIME:-28800}))
exec ./mpi-run.sh --restarts 5 "${program[@]}"
