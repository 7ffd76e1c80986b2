#!/usr/bin/env bash
# Builds a program of this package and launches it with mpirun; see --help.
# Uses only what bash 3.2 has, which macOS ships; there, expanding an empty array is an error under `set -u`.
set -euo pipefail

usage() {
  cat <<'HELP'
Usage: ./mpi-run.sh [-n N] [--threads T] [--threads-per-item P] [--restarts K]
                    [--hosts a:4,b:4 | --hostfile FILE] [--debug]
                    PROGRAM [ARGS...]
       ./mpi-run.sh setup | docs [FOLDER] | build | test [options for swift]

Builds PROGRAM, a folder of Examples/ or any other executable target, and
launches it with mpirun. Installs a missing Open MPI, as root or with sudo.

  -n N             number of ranks; default: one per core, or as many as the
                   hosts, the Slurm job or the PBS job have slots for
  --threads T      compute threads per rank; without -n, cores / T ranks
                   (default: 1, or Slurm's --cpus-per-task)
  --threads-per-item P  threads for OpenMP or BLAS inside an item (default:
                   its share of the cores); in Slurm, --cpus-per-task is T * P
  --hosts LIST     run on these hosts; the numbers are slots for ranks
  --hostfile FILE  the same from a file with lines like: node1 slots=4
  --restarts K     relaunch up to K times if a rank or a host is lost, or the
                   job is asked to stop; for programs with a checkpoint
  --debug          build for debugging, not for speed
  setup, docs      only install what is needed; build the documentation

It uses the MPI whose mpicc is first on the PATH. Examples:
  ./mpi-run.sh -n 4 HelloWorld
  PATH=/opt/openmpi/bin:$PATH ./mpi-run.sh test
HELP
}

say() { printf 'mpi-run.sh: %s\n' "$@" >&2; }
misused() { say "$@"; exit 2; }
lacking() { say "$@"; exit 3; }

# Some Macs have no readlink -f.
real_path() {
  local path=$1 target
  while [ -L "$path" ]; do
    target=$(readlink "$path")
    case $target in /*) path=$target ;; *) path=$(dirname "$path")/$target ;; esac
  done
  printf '%s/%s\n' "$(CDPATH='' cd -P "$(dirname "$path")" && pwd)" "$(basename "$path")"
}

if [ -t 2 ]; then terminal=yes; else terminal=no; fi

root=$(dirname "$(real_path "${BASH_SOURCE[0]}")")

# Sets the folder in which SwiftPM builds and this script keeps its .pc file.
set_scratch() {
  scratch=$1
  if [ "${scratch#/}" = "$scratch" ]; then scratch=$PWD/$scratch; fi
}

set_scratch "${SWIFTPM_BUILD_DIR:-$root/.build}"

# Reads the text of the manifest: SwiftPM would be too slow for reporting a typing error.
program_names() {
  sed 's|//.*||' "$root/Package.swift" | tr '\n' ' ' | awk '{
    count = split($0, part, /\.executable(Target)?[ ]*\(/)
    for (i = 2; i <= count; i++)
      if (match(part[i], /^[ ]*name:[ ]*"[^"]+"/)) { split(part[i], quoted, "\""); print quoted[2] }
  }'
}

# Compares the names itself: on macOS, the file system would also find helloworld.
check_program() {
  local programs near
  programs=$(program_names | awk '!seen[$0]++')
  if grep -Fqx -e "$1" <<<"$programs"; then return; fi
  near=$(grep -Fixm1 -e "${1##*/}" <<<"$programs" || true)
  misused "there is no program '$1'${near:+; did you mean $near?}" \
    "choose one of these: ${programs//$'\n'/ }"
}

ranks='' threads='' threads_per_item='' restarts='' hosts='' hostfile='' in_slurm='' configuration=release

# set_number OPTION ranks|threads|threads_per_item|restarts VALUE
set_number() {
  local wrong="$1 takes a whole number of ${2//_/ } from 1 to 999999, not '$3'; for example: ./mpi-run.sh $1 4 PROGRAM" number
  case $3 in *[!0-9]*) misused "$wrong" ;; esac
  [ -z "${!2}" ] || misused "$1 is given twice: give it once"
  number=${3#"${3%%[!0]*}"} # in shell arithmetic, 010 is 8
  if [ -z "$number" ] || [ ${#number} -gt 6 ]; then misused "$wrong"; fi
  printf -v "$2" %s "$number"
}

set_hosts() {
  [ -z "$hosts$hostfile" ] || misused "the hosts are given twice: name them all with one --hosts or one --hostfile"
  if [ "$1" = --hostfile ]; then
    hostfile=$2
    if [ -r "$2" ] && [ ! -d "$2" ]; then return; fi
    misused "the host file '$2' cannot be read; write one with a line for each host, like: node1 slots=4"
  fi
  hosts=$2
  case $2 in
    '' | -* | *[[:space:]]*) misused "--hosts takes names without spaces, not '$2': --hosts node1:4,node2:4" ;;
  esac
}

# Sets $options_taken to the number of words before PROGRAM.
parse_options() {
  local given=$#
  while [ $# -gt 0 ]; do
    case $1 in
      -h | --help) usage; exit ;;
      -n | --n | -np | --np | --threads | --threads-per-item | --restarts | --hosts | --hostfile)
        [ $# -ge 2 ] || misused "$1 needs a value; for example:" \
          "-n 4, --threads 4, --threads-per-item 4, --restarts 5, --hosts node1:4,node2:4 or --hostfile hosts.txt"
        case $1 in
          --threads) set_number "$1" threads "$2" ;;
          --threads-per-item) set_number "$1" threads_per_item "$2" ;;
          --restarts) set_number "$1" restarts "$2" ;;
          --host*) set_hosts "$1" "$2" ;;
          *) set_number -n ranks "$2" ;;
        esac
        shift
        ;;
      --threads-per-item=*) set_number --threads-per-item threads_per_item "${1#*=}" ;;
      --threads=*) set_number --threads threads "${1#*=}" ;;
      --restarts=*) set_number --restarts restarts "${1#*=}" ;;
      --hosts=* | --hostfile=*) set_hosts "${1%%=*}" "${1#*=}" ;;
      -n=* | --n=* | -np=* | --np=*) set_number -n ranks "${1#*=}" ;;
      -n[0-9]*) set_number -n ranks "${1#-n}" ;;
      --debug) configuration=debug ;;
      --) shift; break ;;
      -*) misused "unknown option '$1'; the options are -n N, --threads T, --threads-per-item P," \
        "--restarts K, --hosts LIST, --hostfile FILE, --debug (a program's own options go after its name: ./mpi-run.sh PROGRAM $1)" ;;
      build | test | docs | setup) misused "$1 takes no options before it; type: ./mpi-run.sh $1" ;;
      *) break ;;
    esac
    shift
  done
  [ $# -gt 0 ] || misused "no program was named; type its name after the options:" \
    "./mpi-run.sh -n 4 HelloWorld"
  options_taken=$((given - $#))
}

need_swift() {
  local oldest version where='see https://www.swift.org/install/'
  oldest=$(sed -n '1s/.*swift-tools-version: *\([0-9]*\.[0-9]*\).*/\1/p' "$root/Package.swift")
  type -P swift >/dev/null || lacking "swift is not on the PATH: install Swift $oldest or newer, $where" \
    "(or, if it is installed, add its folder to the PATH: PATH=/opt/swift/usr/bin:\$PATH ./mpi-run.sh ...)"
  version=$(swift --version 2>/dev/null | sed -n 's/.*Swift version \([0-9]*\.[0-9]*\).*/\1/p' || true)
  [ -n "$version" ] || lacking "$(type -P swift) is not a working Swift compiler: install Swift $oldest or newer, $where"
  if [ $((${version%.*} * 1000 + ${version#*.})) -lt $((${oldest%.*} * 1000 + ${oldest#*.})) ]; then
    lacking "$(type -P swift) is Swift $version, which is too old: install Swift $oldest or newer, $where"
  fi
}

# Sets mpicc, mpirun, mpi_version, the flags $includes and $libraries, and $library_folder;
# if the MPI is incomplete, $missing says what is missing.
find_mpi() {
  missing=''
  mpicc=$(type -P mpicc) || { missing='mpicc is not on the PATH'; return; }
  mpicc=$(CDPATH='' cd "$(dirname "$mpicc")" && pwd)/mpicc
  mpi_version=$("$mpicc" -showme:version 2>/dev/null | sed -n 's/.*Open MPI \([^ ]*\).*/\1/p' || true)
  [ -n "$mpi_version" ] || lacking "$mpicc, first on the PATH, is not Open MPI's or does not work: mpicc -showme fails" \
    "put Open MPI first on the PATH: PATH=/opt/openmpi/bin:\$PATH ./mpi-run.sh ...; on a cluster: module load openmpi"
  mpirun=$(dirname "$mpicc")/mpirun
  [ -x "$mpirun" ] || mpirun=$(type -P mpirun) || { missing="mpirun is neither beside $mpicc nor on the PATH"; return; }
  find_headers || { missing="$mpicc lists no folder with mpi.h"; return; }
  find_libraries || { missing="$mpicc lists no folder with the MPI library"; return; }
  case $("$mpirun" --version 2>&1 || true) in
    *"Open MPI) $mpi_version"*) ;;
    *) lacking "$mpirun does not belong to $mpicc, Open MPI $mpi_version:" \
      "put the bin folder of one MPI first on the PATH" ;;
  esac
}

# The compiler searches /usr/include anyway, and a -I for it would change the order.
find_headers() {
  local folder status=1
  includes=''
  for folder in $("$mpicc" -showme:incdirs) /usr/include; do
    if [ -e "$folder/mpi.h" ]; then status=0; fi
    [ "$folder" = /usr/include ] || includes="$includes -I$folder"
  done
  return $status
}

# The library's folder is that of the file itself: Debian's openmpi/lib only has a link to it.
find_libraries() {
  local folder name file status=0
  libraries='' library_folder=''
  for folder in $("$mpicc" -showme:libdirs); do
    libraries="$libraries -L$folder"
    status=1 # without a folder, the linker searches its own
    for file in "$folder"/libmpi.{so,dylib}; do
      if [ -e "$file" ]; then library_folder=${library_folder:-$(dirname "$(real_path "$file")")}; fi
    done
  done
  for name in $("$mpicc" -showme:libs); do libraries="$libraries -l$name"; done
  [ -n "$library_folder" ] || return $status
}

is_root() { [ "$(id -u)" -eq 0 ]; }
may_install() { type -P apt-get >/dev/null && { is_root || sudo -n true 2>/dev/null; }; }

# install WHAT PACKAGE...
install() {
  local what=$1 log status=0 apt=(env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300)
  is_root || apt=(sudo -n "${apt[@]}")
  shift
  log=$(mktemp)
  say "installing $what with apt-get: $*"
  # Continue after a failed update: the present package lists may be good enough.
  { "${apt[@]}" update || true
    "${apt[@]}" install --yes --no-install-recommends "$@"
  } >"$log" 2>&1 </dev/null || status=$?
  [ $status -eq 0 ] || cat "$log" >&2
  rm -f "$log"
  return $status
}

name_commands() {
  lacking "$1; install Open MPI, then run the same command again:" \
    "  Debian, Ubuntu: sudo apt-get install libopenmpi-dev openmpi-bin pkg-config" \
    "  Fedora, RHEL:   sudo dnf install openmpi-devel && module load mpi/openmpi-$(uname -m)" \
    "  macOS:          brew install open-mpi" \
    "  a cluster:      module load openmpi (or the name that 'module avail mpi' lists)"
}

need_mpi() {
  find_mpi
  [ -n "$missing" ] || return 0
  case $mpicc in
    '' | /usr/bin/mpicc | /bin/mpicc) ;;
    *) lacking "$missing: that Open MPI is incomplete; put the bin folder of another one first on the PATH" ;;
  esac
  may_install || name_commands "$missing, and installing it needs apt-get and root or password-less sudo"
  # A plain `swift build` needs pkg-config; this script does not.
  install 'Open MPI' libopenmpi-dev openmpi-bin pkg-config || name_commands "apt-get failed, see above"
  find_mpi
  [ -z "$missing" ] || name_commands "$missing, even after apt-get has installed it"
}

# Searches as the compiler does.
has_sqlite() {
  local compiler
  if compiler=$(type -P cc || type -P clang); then
    "$compiler" -E -x c - <<<'#include <sqlite3.h>' >/dev/null 2>&1 && return
  elif [ -e /usr/include/sqlite3.h ]; then
    return
  fi
  type -P pkg-config >/dev/null && pkg-config --exists sqlite3
}

# SeppoCheckpoint stores results in an SQLite file. Programs without a checkpoint build without SQLite.
need_sqlite() {
  local missing="sqlite3.h is missing, which SeppoCheckpoint needs"
  if has_sqlite; then return; fi
  if ! may_install; then
    missing="$missing, and installing it needs apt-get and root or password-less sudo"
  elif ! install SQLite libsqlite3-dev; then
    missing='apt-get failed, see above'
  elif has_sqlite; then
    return
  else
    missing="$missing, even after apt-get has installed it"
  fi
  lacking "$missing; install it, then run the same command again:" \
    "  Debian, Ubuntu: sudo apt-get install libsqlite3-dev" \
    "  Fedora, RHEL:   sudo dnf install sqlite-devel" \
    "  macOS:          xcode-select --install"
}

# names_checkpoint [PROGRAM]: whether the manifest, or PROGRAM's target in it, names SeppoCheckpoint. Indirect
# dependencies need no check: a program with a checkpoint imports SeppoCheckpoint and so names it itself.
names_checkpoint() {
  sed 's|//.*||' "$root/Package.swift" | tr '\n' ' ' | awk -v program="${1-}" '{
    count = split($0, part, /\.(executable|executableTarget|library|macro|plugin|systemLibrary|target|testTarget)[ ]*\(/)
    for (i = 1; i <= count; i++)
      if (part[i] ~ /"SeppoCheckpoint"/ && (program == "" || index(part[i], "\"" program "\"") > 0)) found = 1
  } END { exit !found }'
}

# SwiftPM takes only -I, -L and -l from a .pc file, and reads this one even without pkg-config.
write_pc_file() {
  local file=$scratch/mpi/ompi-c.pc text built rebuild=''
  text=$(printf '%s\n' "Name: ompi-c" "Description: by mpi-run.sh, from mpicc -showme" "Version: $mpi_version" \
    "Cflags:$includes" "Libs:$libraries")
  export PKG_CONFIG_PATH="$scratch/mpi${PKG_CONFIG_PATH:+:$PKG_CONFIG_PATH}"
  if [ -f "$file" ] && [ "$(cat "$file")" = "$text" ]; then return; fi
  # Delete what was built with another MPI: SwiftPM would not notice every change, and clang would find the old headers
  # in its module cache, whatever -I says.
  for built in "$scratch"/*/{debug,release}/ModuleCache; do
    [ -d "$built" ] || continue
    rm -rf "${built%/ModuleCache}"
    rebuild="rebuilding everything for Open MPI $mpi_version ($mpicc)"
  done
  [ -z "$rebuild" ] || say "$rebuild"
  mkdir -p "$scratch/mpi"
  # Replace it atomically: another mpi-run.sh may be reading it.
  printf '%s\n' "$text" >"$file.$$" && mv -f "$file.$$" "$file"
}

prepare_build() {
  need_swift
  need_mpi
  write_pc_file
  swift_flags=(--package-path "$root" --scratch-path "$scratch")
  if [ -n "$library_folder" ]; then swift_flags+=(-Xlinker -rpath -Xlinker "$library_folder"); fi
}

# Sets $cpus, the number of hardware threads, and $slots, the number of cores, which mpirun counts.
# OMP_NUM_THREADS, which is about threads inside a rank, would change nproc's output.
count_cores() {
  cpus=$(env -u OMP_NUM_THREADS -u OMP_THREAD_LIMIT nproc 2>/dev/null || getconf _NPROCESSORS_ONLN)
  slots=$(lscpu -p=CORE 2>/dev/null | sed '/^#/d' | sort -u | wc -l || sysctl -n hw.physicalcpu 2>/dev/null || true)
  slots=${slots##*$'\n'}
  if [ "${slots:-0}" -eq 0 ] || [ "$slots" -gt "$cpus" ]; then slots=$cpus; fi
}

# Prints the compute threads per rank for which Slurm has given cores.
threads_of_slurm() {
  local count=$((${SLURM_CPUS_PER_TASK:-0} / ${threads_per_item:-1}))
  if [ -z "${SLURM_CPUS_PER_TASK-}" ]; then return; fi
  if [ $count -gt 0 ]; then echo $count; else echo 1; fi
}

# The variables that tell libraries how many threads to use, unless the user has set them.
library_variables=''
for name in OMP_NUM_THREADS OPENBLAS_NUM_THREADS MKL_NUM_THREADS BLIS_NUM_THREADS VECLIB_MAXIMUM_THREADS \
  NUMEXPR_NUM_THREADS; do
  [ -n "${!name-}" ] || library_variables="$library_variables $name"
done

# Many libraries read these when they are loaded, before a line of the program runs. On one host, the default is that all
# items at once use each core once; on several, each rank sets it for itself, and for the programs that its items run.
set_library_threads() {
  local name count items=${threads:-${SEPPO_THREADS:-1}}
  case $items in *[!0-9]* | ???????*) items=1 ;; esac # the program reports it
  count=${threads_per_item:-${SEPPO_THREADS_PER_ITEM-}}
  case $count in *[!0-9]*) count='' ;; esac # the program reports it
  if [ -z "$count" ] && [ -n "${cpus-}" ] && [ $((ranks * 10#$items)) -gt 1 ]; then
    count=$((cpus / (ranks * 10#$items)))
    [ $count -gt 0 ] || count=1
  fi
  [ -n "$count" ] || return 0
  for name in $library_variables; do
    export "$name=$count"
    [ -z "$threads_per_item" ] || launch+=(-x "$name")
  done
  # By which ranks know that these are not the user's own.
  export SEPPO_LIBRARY_VARIABLES=$library_variables
  [ -z "$threads_per_item" ] || launch+=(-x "SEPPO_THREADS_PER_ITEM=$threads_per_item")
}

# Rank 0 may be on another host. If standard error is a terminal, long calls show their progress there; mpirun hides the
# terminal from the program.
set_observation() {
  local name size
  for name in SEPPO_SUMMARY SEPPO_TIMELINE SEPPO_PROGRESS; do
    [ -z "${!name-}" ] || launch+=(-x "$name")
  done
  # A relaunch builds the command again, without messages.
  if [ $terminal = no ] || [ "${SEPPO_PROGRESS:-bar}" != bar ]; then return; fi
  size=$(stty size </dev/tty 2>/dev/null) || return 0
  [ -n "${SEPPO_PROGRESS-}" ] || launch+=(-x SEPPO_PROGRESS=bar)
  launch+=(-x "SEPPO_TERMINAL=${size#* }x${size% *}")
  keep_terminal $$ </dev/null >/dev/null 2>/dev/tty &
  disown
}

# keep_terminal PID: undoes the terminal's margins at the end of mpirun, which replaces this shell: a job that is killed can't
keep_terminal() {
  trap '' HUP INT QUIT TERM USR1 USR2
  while kill -0 "$1" 2>/dev/null; do sleep 0.3; done
  printf '\0337\033[r\0338' >&2
}

# mpirun takes the hosts from Slurm itself; Debian's mpirun has no support for PBS.
place_ranks() {
  if [ -n "$hosts" ]; then
    launch+=(--host "$hosts")
  elif [ -n "$hostfile" ]; then
    launch+=(--hostfile "$hostfile")
  elif [ -n "${SLURM_JOB_ID-}" ] && [ -n "${SLURM_NTASKS-}${SLURM_NNODES-}" ]; then
    ranks=${ranks:-${SLURM_NTASKS-}}
    threads=${threads:-${SEPPO_THREADS:-$(threads_of_slurm)}}
    in_slurm=yes
    say "in Slurm job $SLURM_JOB_ID: ${ranks:-all its} ranks${threads:+ of $threads thread(s)} on \
${SLURM_NNODES:-its} node(s)${threads_per_item:+, $threads_per_item thread(s) per item}"
  elif [ -n "${PBS_JOBID-}" ] && [ -s "${PBS_NODEFILE-}" ]; then
    hostfile=$PBS_NODEFILE
    launch+=(--hostfile "$hostfile")
    ranks=${ranks:-$(grep -c . "$hostfile")}
    say "in PBS job $PBS_JOBID: $ranks ranks on $(sort -u "$PBS_NODEFILE" | grep -c .) node(s)"
  else
    count_cores
    ranks=${ranks:-$((cpus / (${threads:-1} * ${threads_per_item:-1})))}
    [ "$ranks" -gt 0 ] || ranks=1
    if [ "$ranks" -gt "$slots" ]; then
      say "$ranks ranks share $slots core(s): passing --oversubscribe to mpirun"
      launch+=(--oversubscribe)
    elif [ $((ranks * ${threads:-1})) -gt "$slots" ]; then
      say "$ranks rank(s) of $threads threads share $slots core(s)"
    fi
  fi
  if [ -n "$ranks" ]; then launch+=(-n "$ranks"); fi
}

build_command_line() {
  launch=("$mpirun")
  if is_root; then
    say "running as root: passing --allow-run-as-root to mpirun"
    launch+=(--allow-run-as-root)
  fi
  place_ranks
  [ -z "$threads" ] || launch+=(-x "SEPPO_THREADS=$threads")
  set_library_threads
  set_observation
  # Otherwise mpirun binds each of one or two ranks to one core, with all its compute threads. Not --map-by slot:PE=T:
  # that gives concurrent jobs the same cores, ignores taskset, and Open MPI 5 refuses T cores of two sockets. Without
  # binding, the system distributes the threads.
  [ -n "${OMPI_MCA_hwloc_base_binding_policy-}${PRTE_MCA_hwloc_default_binding_policy-}" ] || launch+=(--bind-to none)
  # Otherwise a signal that asks the ranks to stop also reaches the programs that their items run, and kills them.
  case $mpi_version in
    [1-4].*) launch+=(--mca odls_base_signal_direct_children_only 1) ;;
    *) launch+=(--prtemca odls_base_signal_direct_children_only 1) ;;
  esac
}

launch_program() {
  local argument plain=yes words=("$@") shielded=()
  # mpirun also parses the program's arguments: a ':' starts a second program, and Open MPI 5 rewrites --bind-to.
  # A '=' in front of each protects them, and a bash removes it again; its -p ignores BASH_ENV.
  for argument in "$@"; do
    shielded+=("=$argument")
    [ ${#shielded[@]} -gt 1 ] || continue # the program itself is a path
    case $argument in -* | :) plain=no ;; esac
  done
  # shellcheck disable=SC2016 # expanded by that bash
  [ $plain = yes ] || words=("$BASH" -p -c 'exec "${@#=}"' bash "${shielded[@]}")
  build_command_line
  # Replaces this shell, so that mpirun gets the signals and sets the exit status.
  [ -n "$restarts" ] || exec "${launch[@]}" "${words[@]}"
  run_with_restarts "${words[@]}"
}

# reported KEY: prints the last value that Seppo's rank 0 has reported, if it is on this machine.
reported() {
  awk -v key="$1" '$1 == key { sub(/^[^ ]+ */, ""); value = $0 } END { print value }' "$SEPPO_REPORT"
}

# forward_signal SIGNAL: forwards it to mpirun
forward_signal() {
  # One request is enough; a second one would kill an mpirun that is ending.
  case $asked_to_stop$1 in yesUSR[12]) return ;; esac
  asked_to_stop=yes
  if [ -n "$child" ]; then kill -"$1" "$child" 2>/dev/null || true; else early=$1; fi
}

# mpirun_hangs PID: to be called in a loop
# Whether mpirun has not noticed, in ten checks a second apart, that all its processes have died. Open MPI 4.1 sometimes
# hangs like this when a rank is killed at start-up: mpirun waits for a lock, in PMIx_server_finalize.
mpirun_hangs() {
  if [ "$1" != "${watched_pid-}" ]; then watched_pid=$1 last_check='' bad_checks=0; fi
  [ "$SECONDS" != "$last_check" ] || return 1
  last_check=$SECONDS
  if ps -A -o pid= -o ppid= -o stat= 2>/dev/null | awk -v mpirun="$1" '
    $1 == mpirun { stopped = $3 ~ /^[TZ]/ }
    $2 == mpirun { if ($3 ~ /^Z/) dead++; else live++ }
    END { exit live || stopped || !dead }'; then
    bad_checks=$((bad_checks + 1))
  else
    bad_checks=0
  fi
  [ $bad_checks -ge 10 ]
}

# launch_once WORD...
# Launches mpirun, with its process id in $child, and sets $status to its exit status. The status is passed in a file,
# for which this function polls: a `wait` that a trap interrupts may lose a status, and then hangs (bash 5.2).
launch_once() {
  local waiter
  hung=''
  : >"$SEPPO_REPORT"
  rm -f "$folder/mpirun" "$folder/status"
  # A separate process group: signals that a terminal or `timeout` sends to this script's group reach mpirun only
  # through forward_signal. The guard's pipe is closed: otherwise the guard would not notice the end of this script.
  set -m
  (
    status=0
    # shellcheck disable=SC2016 # expanded by that bash
    "$BASH" -p -c 'echo $$ >"$0"; exec "$@"' "$folder/mpirun" "${launch[@]}" "$@" 2>&8 8>&- || status=$?
    echo $status >"$folder/ended"
    mv -f "$folder/ended" "$folder/status"
  ) 8>&2 2>/dev/null 9>&- &
  waiter=$!
  set +m
  disown
  until [ -s "$folder/mpirun" ] || ! kill -0 $waiter 2>/dev/null; do sleep 0.05; done
  child=$(cat "$folder/mpirun" || true)
  [ -z "$early" ] || kill -"$early" "$child" 2>/dev/null || true # the signal came before the id was known
  until [ -e "$folder/status" ] || ! kill -0 $waiter 2>/dev/null; do
    sleep 0.2
    if mpirun_hangs "$child"; then
      hung=yes
      kill -9 "$child" 2>/dev/null || true
    fi
  done
  status=$(cat "$folder/status" 2>/dev/null || echo 255)
  child=''
  rm -f "$folder/mpirun"
  # At start-up, mpirun is killed by signals that it later forwards. Nothing was computed: treat it as a normal stop.
  if [ -n "$asked_to_stop" ] && [ ! -s "$SEPPO_REPORT" ]; then
    case $(signal_name "$status") in USR[12]) status=75 ;; esac
  fi
}

# signal_name STATUS: prints the name of the signal that the status stands for, if any
signal_name() {
  [ "$1" -le 128 ] || kill -l $(($1 - 128)) 2>/dev/null || true
}

# The guard asks the job to stop, like forward_signal, if this script is killed.
start_guard() {
  mkfifo "$folder/guard"
  set -m
  (
    trap '' HUP INT TERM USR1 USR2
    cat "$folder/guard"
    if [ -d "$folder" ]; then
      sleep 1 # mpirun may be about to start
      kill -USR1 "$(cat "$folder/mpirun")" || true
      rm -rf "$folder"
    fi
  ) </dev/null >/dev/null 2>&1 &
  set +m
  disown
  exec 9>"$folder/guard"
}

# Whether to relaunch the job: not if it ended by itself, with success, by an error, or at its deadline.
# Sets $death to a description of how it ended.
has_died() {
  local name
  death="a rank or host was lost (status $status)"
  if [ "$status" -eq 0 ] || [ -n "$(reported ended)" ]; then return 1; fi
  if [ "$status" -eq 75 ]; then
    death='the job was asked to stop (status 75)'
    return
  fi
  name=$(signal_name "$status")
  case $name in
    ABRT | BUS | FPE | ILL | SEGV | SYS | TRAP) death="a rank crashed (SIG$name)" ;;
    [A-Z]*) death="a rank was killed (SIG$name)" ;;
  esac
  [ -z "$hung" ] || death='all ranks had ended, but mpirun hung'
  [ "$status" -ge 128 ] || grep -q '^began' "$SEPPO_REPORT"
}

kept_items() {
  local file items kept
  file=$(reported checkpoint) items=$(reported items) kept=$(reported kept)
  if [ -n "$file" ] && [ -n "$items" ]; then
    echo "$file has ${kept:-0} of $items items, $((items - ${kept:-0})) remain"
  elif [ -n "$file" ]; then
    echo "$file has the results that were stored"
  elif grep -q '^began' "$SEPPO_REPORT"; then
    echo 'the program has no checkpoint yet and starts from the beginning'
  else
    echo 'the number of stored results is not known here'
  fi
}

# Prints each host that mpirun gets and its slots, '?' if mpirun counts them itself.
host_slots() {
  if [ -n "$hosts" ]; then
    tr , '\n' <<<"$hosts" | awk -F: '{ print $1, (NF == 1 ? 1 : $2 ~ /^[0-9]+$/ ? $2 : "?") }'
  elif [ -n "$hostfile" ]; then
    awk '
      { sub(/#.*/, "") }
      NF == 0 { next }
      !lines[$1]++ { order[++hosts] = $1 }
      match($0, /[ \t]slots[ \t]*=[ \t]*[0-9]+/) { count = substr($0, RSTART, RLENGTH); sub(/.*=/, "", count); given[$1] += count }
      END {
        for (i = 1; i <= hosts; i++) {
          host = order[i]
          print host, (given[host] ? given[host] : lines[host] > 1 ? lines[host] : "?")
        }
      }' "$hostfile"
  fi
}

# Sets $lost to the hosts that don't answer the agent with which mpirun starts its daemons. This machine needs none.
# ask_hosts HOST...
ask_hosts() {
  local agent host here i askers=() asked=() last=$((SECONDS + 15))
  agent=${OMPI_MCA_plm_rsh_agent:-${PRTE_MCA_plm_ssh_agent:-ssh -o BatchMode=yes -o ConnectTimeout=5}}
  agent=${agent%%:*} here=$(uname -n) lost=''
  for host in "$@"; do
    case $host in
      localhost | 127.* | ::1 | "$here" | "${here%%.*}" | "${here%%.*}".* | [+^]*) continue ;;
    esac
    : >"$folder/answer.${#asked[@]}"
    set -m # so that an agent that hangs can be killed with all its children
    # shellcheck disable=SC2086 # an agent may have options
    (if $agent "$host" true >/dev/null; then echo yes; else echo no; fi >"$folder/answer.${#asked[@]}") \
      </dev/null 2>/dev/null 9>&- &
    askers+=($!)
    set +m
    disown
    asked+=("$host")
  done
  for ((i = 0; i < ${#askers[@]}; i++)); do
    until [ -s "$folder/answer.$i" ] || [ $SECONDS -ge $last ]; do sleep 0.1; done
    [ "$(cat "$folder/answer.$i")" = yes ] || lost="$lost ${asked[i]}"
    kill -KILL -- "-${askers[i]}" 2>/dev/null || true
  done
}

# Prints the nodes of the Slurm job in --host's form, with Slurm's tasks for each: 4(x2),3 is a:4,b:4,c:3.
slurm_hosts() {
  scontrol show hostnames "${SLURM_JOB_NODELIST-}" |
    awk -v tasks="${SLURM_TASKS_PER_NODE-}" -v ranks="${ranks:-0}" '
      { node[++nodes] = $1 }
      END {
        parts = split(tasks, part, ",")
        for (i = 1; i <= parts; i++) {
          times = match(part[i], /[(]x[0-9]+[)]/) ? substr(part[i], RSTART + 2, RLENGTH - 3) : 1
          while (times-- > 0) slots[++known] = int(part[i])
        }
        share = int(ranks / (nodes ? nodes : 1))
        for (i = 1; i <= nodes; i++) {
          count = known == nodes ? slots[i] : share
          printf "%s%s:%d", (i > 1 ? "," : ""), node[i], (count > 0 ? count : 1)
        }
      }'
}

# Sets $lost to the nodes that Slurm has given up, or that do not answer it (a '*'). A draining node continues with its
# jobs; a drained one has none.
# ask_slurm HOST...
ask_slurm() {
  local IFS=, here
  here=$(uname -n)
  lost=$(sinfo --noheader --Node --nodes="$*" --format='%N %T' 2>/dev/null |
    awk -v here="${here%%.*}" '
      { name = $1; sub(/[.].*/, "", name) }
      name != here && $2 ~ /^(down|drained|fail)$|[*]$/ && !seen[$1]++ { printf " %s", $1 }' || true)
}

# drop_lost_hosts RELAUNCH: removes the hosts that don't answer, and sets $change to a text about that; fails if none is
# left
drop_lost_hosts() {
  local slots left ask=ask_hosts allocated=''
  change='' lost=''
  if [ -n "$in_slurm" ]; then
    ask=ask_slurm
    [ -n "$hosts" ] || allocated=$(slurm_hosts 2>/dev/null || true)
    hosts=${hosts:-$allocated}
  fi
  [ -n "$hosts$hostfile" ] || return 0
  slots=$(host_slots)
  # shellcheck disable=SC2046 # words
  $ask $(awk '!seen[$1]++ { print $1 }' <<<"$slots")
  if [ -z "$lost" ]; then
    [ -z "$allocated" ] || hosts='' # mpirun takes them from Slurm
    return 0
  fi
  slots=$(awk -v lost="$lost " '!index(lost, " " $1 " ")' <<<"$slots")
  [ -n "$slots" ] || return 1
  if [ -n "$hosts" ]; then
    hosts=$(tr , '\n' <<<"$hosts" | awk -F: -v lost="$lost " '!index(lost, " " $1 " ")')
    hosts=${hosts//$'\n'/,}
  else
    awk -v lost="$lost " '!index(lost, " " $1 " ")' "$hostfile" >"$folder/hosts.$1"
    hostfile=$folder/hosts.$1
  fi
  change="; without${lost// / } (no answer)"
  left=$(awk '{ sum += $2 } $2 == "?" { unknown = 1 } END { print (unknown ? "" : sum) }' <<<"$slots")
  if [ -n "$ranks" ] && [ -n "$left" ] && [ "$ranks" -gt "$left" ]; then
    change="$change, so -n $left instead of $ranks"
    ranks=$left
  fi
}

# run_with_restarts WORD...
run_with_restarts() {
  local folder child='' early='' asked_to_stop='' hung='' status death change lost relaunch=0 began
  # On TERM, mpirun leaves a job at most a second; it forwards USR1 and USR2.
  trap 'forward_signal USR1' TERM USR1
  trap 'forward_signal USR2' USR2
  trap 'forward_signal INT' INT
  trap 'forward_signal HUP' HUP
  folder=$(mktemp -d)
  # shellcheck disable=SC2064 # the local variable no longer exists then
  trap "rm -rf '$folder'" EXIT
  export SEPPO_REPORT=$folder/report
  unset SEPPO_RELAUNCH
  start_guard
  while :; do
    began=$SECONDS
    launch_once "$@"
    if [ -n "$asked_to_stop" ]; then exit "$status"; fi
    if ! has_died; then
      [ "$(reported ended)" != deadline ] ||
        say "no relaunch: the deadline has passed; $(kept_items): submit the job again to resume"
      exit "$status"
    fi
    if [ $relaunch -ge "$restarts" ]; then
      say "all $restarts relaunches are used up: $death; $(kept_items): \
find the cause, then run the same command to resume"
      exit "$status"
    fi
    [ $((SECONDS - began)) -gt 1 ] || sleep 1 # so that a job that fails at once doesn't spin
    relaunch=$((relaunch + 1))
    if ! drop_lost_hosts $relaunch; then
      say "no relaunch: $death; $(kept_items); none of the hosts answers:$lost: run the same command when they do"
      exit "$status"
    fi
    [ -z "$asked_to_stop" ] || exit "$status"
    say "relaunch $relaunch of $restarts: $death; $(kept_items)$change"
    build_command_line 2>/dev/null
    launch+=(-x "SEPPO_RELAUNCH=$relaunch")
  done
}

run_program() {
  local program binary
  parse_options "$@"
  shift "$options_taken"
  program=$1
  shift
  check_program "$program"
  if names_checkpoint "$program"; then need_sqlite; fi
  prepare_build
  swift_flags+=(-c "$configuration")
  swift build "${swift_flags[@]}" --product "$program" </dev/null >&2
  binary=$scratch/$configuration/$program
  # Another SwiftPM build system may use another folder.
  [ -x "$binary" ] || binary=$(swift build "${swift_flags[@]}" --show-bin-path)/$program
  launch_program "$binary" "$@"
}

if [ $# -eq 0 ]; then usage >&2; exit 2; fi
case $1 in
  build | test)
    subcommand=$1
    for word in "$@"; do
      case "${previous-} $word" in
        *' --scratch-path='*) set_scratch "${word#*=}" ;;
        '--scratch-path '?*) set_scratch "$word" ;;
      esac
      previous=$word
    done
    shift
    case " $*" in
      *' --product'* | *' --target'*) ;; # not everything is built
      *) if names_checkpoint; then need_sqlite; fi ;;
    esac
    prepare_build
    # Build only the programs that tests start.
    if [ "$subcommand" = test ]; then swift_flags+=(--test-product SeppoPackageTests); fi
    exec swift "$subcommand" "${swift_flags[@]}" "$@"
    ;;
  docs)
    case $#${2-} in 1 | 2[!-]*) ;; *) misused "docs takes one folder at most; type: ./mpi-run.sh docs [FOLDER]" ;; esac
    need_sqlite
    prepare_build
    # The symbols and comments are read from the modules. These two import the third.
    for module in SeppoCheckpoint SeppoTesting; do swift build "${swift_flags[@]}" --target "$module" </dev/null >&2; done
    SWIFTPM_BUILD_DIR=$scratch exec "$root/Tools/docs.sh" ${2+"$2"}
    ;;
  setup)
    [ $# -eq 1 ] || misused "setup takes no arguments; type: ./mpi-run.sh setup"
    need_swift
    need_mpi
    say "everything is installed: Swift and Open MPI $mpi_version ($mpicc, $mpirun)"
    ;;
  *) run_program "$@" ;;
esac
