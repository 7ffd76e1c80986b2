#!/usr/bin/env bash
# Measures Seppo beside its peers with one command: installs and builds what that needs, then starts run.py; see --help.
set -euo pipefail

usage() {
  cat <<'HELP'
Usage: Benchmarks/run.sh [--quick | --smoke] [--rows NAME,NAME...] [--rounds N]
       Benchmarks/run.sh --docs

Builds Seppo for speed, and its peers: C programs, and mpi4py and charm4py in
a Python environment of their own (Benchmarks/.build). Then measures all rows,
each competitor in turn, and prints a table; the same is written to
Benchmarks/results as latest.md, latest.json and latest.svg.

  --quick      smaller sizes and 3 rounds: two to three minutes
  --smoke      only Seppo, tiny sizes, one round: whether every row gives a
               figure; nothing is installed or written
  --rows LIST  only these: squares, chunk1, arrays, cores, tails, call, serial,
               idle, memory, kept, start-up, structs, scheduler
  --rounds N   so many rounds, instead of 7
  --docs       measures nothing: puts the latest results, those of a full run,
               into docs/Benchmarks.md

Ends with a status other than 0 if Seppo's own side failed. A peer that can't
be installed is named in its cells. A goal that isn't reached is no failure.
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
      [ "$mode" = full ] || misused "--quick and --smoke are two ways to run: choose one"
      mode=${1#--}
      ;;
    --docs) docs=yes ;;
    --rows | --rounds)
      [ $# -ge 2 ] || misused "$1 needs a value; see --help"
      case $1$2 in --rounds | --rounds*[!0-9]* | --rounds0*) misused "--rounds takes a whole number, 1 or more" ;; esac
      arguments+=("$1" "$2")
      shift
      ;;
    *) misused "unknown option '$1'; see --help" ;;
  esac
  shift
done
type -P python3 >/dev/null || { say "there is no python3 on the PATH: install it (apt-get install python3 python3-venv)"; exit 3; }

# Seppo's programs. BenchmarkCore is built where the package has it.
build_seppo() {
  local product
  "$root/mpi-run.sh" setup
  for product in Benchmark HelloWorld BenchmarkCore; do
    if ! grep -q "name: \"$product\"" "$root/Package.swift"; then
      say "the package has no $product: its rows will say so"
      continue
    fi
    "$root/mpi-run.sh" build -c release --product "$product" >&2
  done
}

# A peer that can't be built or installed is left out by run.py, which says so; what it said is in a log.
build_c() {
  local source program
  mkdir -p "$built/C"
  for source in "$here"/Peers/C/*.c; do
    program=$built/C/$(basename "$source" .c)
    if [ "$program" -nt "$source" ] && [ "$program" -nt "$here/Peers/C/peer.h" ]; then continue; fi
    rm -f "$program"
    mpicc -O2 -o "$program" "$source" >&2 || say "mpicc can't build $source"
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

# pip_install LOG PACKAGE...
pip_install() {
  local log=$built/pip-$1.log
  shift
  "$python" -m pip install --disable-pip-version-check "$@" >"$log" 2>&1
}

# The size that mpi4py sees under mpirun: built for another MPI than mpirun's, it sees 1 on every rank.
mpi4py_works() {
  local options=(--bind-to none)
  if [ "$(id -u)" -eq 0 ]; then options+=(--allow-run-as-root); fi
  timeout 60 mpirun "${options[@]}" --oversubscribe -n 2 "$python" -c \
    'from mpi4py import MPI; raise SystemExit(MPI.COMM_WORLD.size != 2)' >>"$built/pip-mpi4py.log" 2>&1 </dev/null
}

# Wheels first: they need no compiler and no Python headers, and since 4.1 load the system's Open MPI. Where that fails,
# from its source with the mpicc on the PATH.
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
  if [ "$mode" != full ] || [ ${#arguments[@]} -gt 0 ]; then misused "--docs measures nothing: give it alone"; fi
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
