#!/usr/bin/env bash
# Measures Seppo and its peers with one command: installs and builds what is needed, then starts run.py; see --help.
set -euo pipefail

usage() {
  cat <<'HELP'
Usage: Benchmarks/run.sh [--quick | --smoke] [--rows NAME,NAME...] [--rounds N]
                         [--resume]
       Benchmarks/run.sh --docs

Builds Seppo for release, and its peers: C programs, and mpi4py and charm4py in
a separate Python environment (Benchmarks/.build). Then measures all rows, with
the competitors in turns, and prints a table; the results are also written to
Benchmarks/results as latest.md, latest.json and latest.svg.

  --quick      smaller sizes and 3 rounds: two to three minutes
  --smoke      only Seppo, tiny sizes, one round: checks that every row yields
               a figure; installs and writes nothing
  --rows LIST  only these rows: squares, chunk1, arrays, cores, tails, call,
               loop, growth, sleeps, verbs, streams, commands,
               serial, idle, memory, kept, start-up, structs, scheduler
  --rounds N   the number of rounds, instead of 7
  --resume     continues a full run that was interrupted, with the same options
  --docs       copies the latest results, which must be those of a full run,
               into docs/Benchmarks.md; measures nothing

The exit status is not 0 if one of Seppo's programs failed. If a peer can't be
installed, its cells say so. A goal that isn't reached is not a failure.
HELP
}

say() { printf 'run.sh: %s\n' "$@" >&2; }
misused() { say "$@"; exit 2; }

here=$(CDPATH='' cd -P "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(dirname "$here")
built=$here/.build
mode=full docs=no arguments=()

while [ $# -gt 0 ]; do
  case $1 in
    -h | --help) usage; exit ;;
    --quick | --smoke)
      [ "$mode" = full ] || misused "use only one of --quick and --smoke"
      mode=${1#--}
      ;;
    --docs) docs=yes ;;
    --resume) arguments+=("$1") ;;
    --rows | --rounds)
      [ $# -ge 2 ] || misused "$1 needs a value; see --help"
      case $1$2 in --rounds | --rounds*[!0-9]* | --rounds0*) misused "--rounds takes a whole number of at least 1" ;; esac
      arguments+=("$1" "$2")
      shift
      ;;
    *) misused "unknown option '$1'; see --help" ;;
  esac
  shift
done
type -P python3 >/dev/null || { say "python3 is not on the PATH: install it (apt-get install python3 python3-venv)"; exit 3; }

# Seppo's programs, those that the package has.
build_seppo() {
  local product
  "$root/mpi-run.sh" setup
  for product in Benchmark HelloWorld Commands BenchmarkCore; do
    if ! grep -q "name: \"$product\"" "$root/Package.swift"; then
      say "the package has no $product: its rows are marked as missing"
      continue
    fi
    "$root/mpi-run.sh" build -c release --product "$product" >&2
  done
}

# run.py leaves out a peer that can't be built or installed, and says so; the output is in a log.
build_c() {
  local source program
  mkdir -p "$built/C"
  for source in "$here"/Peers/C/*.c; do
    program=$built/C/$(basename "$source" .c)
    if [ "$program" -nt "$source" ] && [ "$program" -nt "$here/Peers/C/peer.h" ]; then continue; fi
    rm -f "$program"
    mpicc -O2 -o "$program" "$source" -lm >&2 || say "mpicc can't build $source"
  done
}

make_environment() {
  python=$built/venv/bin/python
  if [ -x "$python" ] && "$python" -m pip --version >/dev/null 2>&1; then return; fi
  say "making a Python environment in Benchmarks/.build/venv"
  rm -rf "$built/venv"
  mkdir -p "$built"
  if ! python3 -m venv "$built/venv" >"$built/venv.log" 2>&1; then
    cat "$built/venv.log" >&2
    say "python3 -m venv failed, see above; on Debian and Ubuntu: apt-get install python3-venv"
    exit 3
  fi
}

# pip_install NAME PACKAGE...: writes its output to pip-NAME.log
pip_install() {
  local log=$built/pip-$1.log
  shift
  "$python" -m pip install --disable-pip-version-check "$@" >"$log" 2>&1
}

# Whether mpi4py sees two ranks under mpirun: built for another MPI, it sees a size of 1 on every rank.
mpi4py_works() {
  local options=(--bind-to none)
  if [ "$(id -u)" -eq 0 ]; then options+=(--allow-run-as-root); fi
  timeout 60 mpirun "${options[@]}" --oversubscribe -n 2 "$python" -c \
    'from mpi4py import MPI; raise SystemExit(MPI.COMM_WORLD.size != 2)' >>"$built/pip-mpi4py.log" 2>&1 </dev/null
}

# Tries the wheel first, which needs no compiler and no Python headers, and since 4.1 loads the system's Open MPI. If that
# fails, builds from source with the mpicc on the PATH.
install_mpi4py() {
  if pip_install mpi4py --only-binary :all: 'mpi4py==4.1.*' && mpi4py_works; then return; fi
  say "mpi4py's wheel doesn't work with this MPI: building it from source, which takes some minutes"
  if pip_install mpi4py --force-reinstall --no-deps --no-binary mpi4py 'mpi4py==4.1.*' && mpi4py_works; then return; fi
  say "mpi4py can't be installed: see Benchmarks/.build/pip-mpi4py.log"
}

install_python_peers() {
  make_environment
  pip_install matplotlib matplotlib || say "no chart: matplotlib can't be installed, see Benchmarks/.build/pip-matplotlib.log"
  pip_install numpy numpy || say "numpy can't be installed: see Benchmarks/.build/pip-numpy.log"
  install_mpi4py
  pip_install charm4py 'charm4py==1.1.*' || say "charm4py can't be installed: see Benchmarks/.build/pip-charm4py.log"
}

export PYTHONPYCACHEPREFIX=$built/pycache
if [ $docs = yes ]; then
  if [ "$mode" != full ] || [ ${#arguments[@]} -gt 0 ]; then misused "--docs takes no other options"; fi
  exec python3 "$here/run.py" --docs
fi
arguments+=(--mode "$mode")
build_seppo
if [ "$mode" = smoke ]; then
  python=$(type -P python3)
else
  build_c
  install_python_peers
fi
exec "$python" "$here/run.py" "${arguments[@]}"
