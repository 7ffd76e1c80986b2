#!/usr/bin/env bash
# Builds a program of this package and launches it with mpirun; see --help.
# Keeps to bash 3.2, which is macOS's; there an empty array is an error under `set -u`, so none is expanded.
set -euo pipefail

usage() {
  cat <<'HELP'
Usage: ./mpi-run.sh [-n N] [--threads T] [--hosts a:4,b:4 | --hostfile FILE]
                    [--debug] PROGRAM [ARGS...]
       ./mpi-run.sh build | test [options of swift build, swift test]
       ./mpi-run.sh setup

Builds PROGRAM, a folder of Examples/ or any other executable target, and
launches it with mpirun. A missing Open MPI is installed where that may be.

  -n N             so many ranks; without it one a core, or as many as the
                   hosts, the Slurm job or the PBS job have room for
  --threads T      T items at once on each; without -n, ranks for cores / T
                   (without it 1, or what Slurm's --cpus-per-task says)
  --hosts LIST     on these hosts, each with room for so many ranks
  --hostfile FILE  the same from a file with lines like: node1 slots=4
  --debug          build for a debugger, not for speed
  setup            only install and check what is needed

The MPI used is the one whose mpicc is first on the PATH. Examples:

  ./mpi-run.sh HelloWorld
  ./mpi-run.sh -n 4 Primes
  ./mpi-run.sh --hosts node1:8,node2:8 Primes
  PATH=/opt/openmpi/bin:$PATH ./mpi-run.sh test
HELP
}

say() { printf 'mpi-run.sh: %s\n' "$@" >&2; }
misused() { say "$@"; exit 2; }
lacking() { say "$@"; exit 3; }

# readlink -f is younger than some Macs.
real_path() {
  local path=$1 target
  while [ -L "$path" ]; do
    target=$(readlink "$path")
    case $target in /*) path=$target ;; *) path=$(dirname "$path")/$target ;; esac
  done
  printf '%s/%s\n' "$(CDPATH='' cd -P "$(dirname "$path")" && pwd)" "$(basename "$path")"
}

root=$(dirname "$(real_path "${BASH_SOURCE[0]}")")

# Where SwiftPM builds, and where this script keeps its .pc file.
set_scratch() {
  scratch=$1
  if [ "${scratch#/}" = "$scratch" ]; then scratch=$PWD/$scratch; fi
}

set_scratch "${SWIFTPM_BUILD_DIR:-$root/.build}"

# By the manifest's text: asking SwiftPM takes longer than a typing error deserves.
program_names() {
  sed 's|//.*||' "$root/Package.swift" | tr '\n' ' ' | awk '{
    count = split($0, part, /\.executable(Target)?[ ]*\(/)
    for (i = 2; i <= count; i++)
      if (match(part[i], /^[ ]*name:[ ]*"[^"]+"/)) { split(part[i], quoted, "\""); print quoted[2] }
  }'
}

# The names are compared here and not by the file system, which on macOS finds helloworld too.
check_program() {
  local programs near
  programs=$(program_names | awk '!seen[$0]++')
  if grep -Fqx -e "$1" <<<"$programs"; then return; fi
  near=$(grep -Fixm1 -e "${1##*/}" <<<"$programs" || true)
  misused "there is no program '$1'${near:+; did you mean $near?}" \
    "type the name of one of these: ${programs//$'\n'/ }"
}

ranks='' threads='' hosts='' hostfile='' configuration=release

# set_number OPTION ranks|threads VALUE
set_number() {
  local wrong="$1 takes a whole number of $2 from 1 to 999999, not '$3'; for example: ./mpi-run.sh $1 4 PROGRAM" number
  case $3 in *[!0-9]*) misused "$wrong" ;; esac
  [ -z "${!2}" ] || misused "$1 is given twice: give it once"
  number=${3#"${3%%[!0]*}"} # in shell arithmetic 010 is eight
  if [ -z "$number" ] || [ ${#number} -gt 6 ]; then misused "$wrong"; fi
  printf -v "$2" %s "$number"
}

set_hosts() {
  [ -z "$hosts$hostfile" ] || misused "the hosts are given twice: name them all with one --hosts or one --hostfile"
  if [ "$1" = --hostfile ]; then
    hostfile=$2
    if [ -r "$2" ] && [ ! -d "$2" ]; then return; fi
    misused "there is no host file '$2' to read; write one with a line for each host, like: node1 slots=4"
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
      -n | --n | -np | --np | --threads | --hosts | --hostfile)
        [ $# -ge 2 ] || misused "$1 needs a value; for example:" \
          "-n 4, --threads 4, --hosts node1:4,node2:4 or --hostfile hosts.txt"
        case $1 in
          --threads) set_number "$1" threads "$2" ;;
          --host*) set_hosts "$1" "$2" ;;
          *) set_number -n ranks "$2" ;;
        esac
        shift
        ;;
      --threads=*) set_number --threads threads "${1#*=}" ;;
      --hosts=* | --hostfile=*) set_hosts "${1%%=*}" "${1#*=}" ;;
      -n=* | --n=* | -np=* | --np=*) set_number -n ranks "${1#*=}" ;;
      -n[0-9]*) set_number -n ranks "${1#-n}" ;;
      --debug) configuration=debug ;;
      --) shift; break ;;
      -*) misused "unknown option '$1'; there are -n N, --threads T, --hosts LIST, --hostfile FILE, --debug" \
        "(a program's own options go after its name: ./mpi-run.sh PROGRAM $1)" ;;
      build | test | setup) misused "$1 takes no options before it; type: ./mpi-run.sh $1" ;;
      *) break ;;
    esac
    shift
  done
  [ $# -gt 0 ] || misused "which program? Type its name last; for example: ./mpi-run.sh -n 4 HelloWorld"
  options_taken=$((given - $#))
}

need_swift() {
  local oldest version where='see https://www.swift.org/install/'
  oldest=$(sed -n '1s/.*swift-tools-version: *\([0-9]*\.[0-9]*\).*/\1/p' "$root/Package.swift")
  type -P swift >/dev/null || lacking "there is no swift on the PATH: install Swift $oldest or newer, $where" \
    "(or, if it is installed, put its folder on the PATH: PATH=/opt/swift/usr/bin:\$PATH ./mpi-run.sh ...)"
  version=$(swift --version 2>/dev/null | sed -n 's/.*Swift version \([0-9]*\.[0-9]*\).*/\1/p' || true)
  [ -n "$version" ] || lacking "$(type -P swift) is no working Swift compiler: install Swift $oldest or newer, $where"
  if [ $((${version%.*} * 1000 + ${version#*.})) -lt $((${oldest%.*} * 1000 + ${oldest#*.})) ]; then
    lacking "$(type -P swift) is Swift $version, which is too old: install Swift $oldest or newer, $where"
  fi
}

# Sets mpicc, mpirun, mpi_version, the flags $includes and $libraries, and $library_folder;
# where the MPI is not whole, $missing says what is not there.
find_mpi() {
  missing=''
  mpicc=$(type -P mpicc) || { missing='there is no mpicc on the PATH'; return; }
  mpicc=$(CDPATH='' cd "$(dirname "$mpicc")" && pwd)/mpicc
  mpi_version=$("$mpicc" -showme:version 2>/dev/null | sed -n 's/.*Open MPI \([^ ]*\).*/\1/p' || true)
  [ -n "$mpi_version" ] || lacking "$mpicc, first on the PATH, is not Open MPI's, or broken: mpicc -showme fails" \
    "put Open MPI first: PATH=/opt/openmpi/bin:\$PATH ./mpi-run.sh ..., on a cluster: module load openmpi"
  mpirun=$(dirname "$mpicc")/mpirun
  [ -x "$mpirun" ] || mpirun=$(type -P mpirun) || { missing="there is no mpirun beside $mpicc or on the PATH"; return; }
  find_headers || { missing="$mpicc names no folder that has mpi.h"; return; }
  find_libraries || { missing="$mpicc names no folder that has its MPI library"; return; }
  case $("$mpirun" --version 2>&1 || true) in
    *"Open MPI) $mpi_version"*) ;;
    *) lacking "$mpirun is not the one of $mpicc, Open MPI $mpi_version: put a folder with both first on the PATH" ;;
  esac
}

# The compiler looks into /usr/include anyway, and a -I for it would change the order.
find_headers() {
  local folder status=1
  includes=''
  for folder in $("$mpicc" -showme:incdirs) /usr/include; do
    if [ -e "$folder/mpi.h" ]; then status=0; fi
    [ "$folder" = /usr/include ] || includes="$includes -I$folder"
  done
  return $status
}

# The library's folder is where the file itself is: Debian's openmpi/lib has but a link to it.
find_libraries() {
  local folder name file status=0
  libraries='' library_folder=''
  for folder in $("$mpicc" -showme:libdirs); do
    libraries="$libraries -L$folder"
    status=1 # without a folder it is the linker's own business
    for file in "$folder"/libmpi.{so,dylib}; do
      if [ -e "$file" ]; then library_folder=${library_folder:-$(dirname "$(real_path "$file")")}; fi
    done
  done
  for name in $("$mpicc" -showme:libs); do libraries="$libraries -l$name"; done
  [ -n "$library_folder" ] || return $status
}

is_root() { [ "$(id -u)" -eq 0 ]; }
may_install() { type -P apt-get >/dev/null && { is_root || sudo -n true 2>/dev/null; }; }

# pkg-config is there for a plain `swift build`; this script does without. A failed update is no reason not to try:
# the package lists may do as they are.
install_mpi() {
  local log status=0 apt=(env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300)
  is_root || apt=(sudo -n "${apt[@]}")
  log=$(mktemp)
  say "installing Open MPI with apt-get (libopenmpi-dev, openmpi-bin and pkg-config)"
  { "${apt[@]}" update || true
    "${apt[@]}" install --yes --no-install-recommends libopenmpi-dev openmpi-bin pkg-config
  } >"$log" 2>&1 </dev/null || status=$?
  [ $status -eq 0 ] || cat "$log" >&2
  rm -f "$log"
  return $status
}

name_commands() {
  lacking "$1; install Open MPI, then type the same again:" \
    "  Debian, Ubuntu: sudo apt-get install libopenmpi-dev openmpi-bin pkg-config" \
    "  Fedora, RHEL:   sudo dnf install openmpi-devel && module load mpi/openmpi-$(uname -m)" \
    "  macOS:          brew install open-mpi" \
    "  a cluster:      module load openmpi (or what 'module avail mpi' calls it)"
}

need_mpi() {
  find_mpi
  [ -n "$missing" ] || return 0
  case $mpicc in
    '' | /usr/bin/mpicc | /bin/mpicc) ;;
    *) lacking "$missing: that Open MPI is not whole; put the bin folder of another first on the PATH" ;;
  esac
  may_install || name_commands "$missing, and to install it from here takes apt-get and root or password-less sudo"
  install_mpi || name_commands "apt-get failed, see above"
  find_mpi
  [ -z "$missing" ] || name_commands "$missing, even after apt-get's install"
}

# SwiftPM takes -I, -L and -l from a .pc file, nothing else; and from this one even without pkg-config.
write_pc_file() {
  local file=$scratch/mpi/ompi-c.pc text built anew=''
  text=$(printf '%s\n' "Name: ompi-c" "Description: by mpi-run.sh, from mpicc -showme" "Version: $mpi_version" \
    "Cflags:$includes" "Libs:$libraries")
  export PKG_CONFIG_PATH="$scratch/mpi${PKG_CONFIG_PATH:+:$PKG_CONFIG_PATH}"
  if [ -f "$file" ] && [ "$(cat "$file")" = "$text" ]; then return; fi
  # What was built with another MPI goes: SwiftPM would not notice all of it, and clang would find the old headers
  # in its module cache, whatever -I says.
  for built in "$scratch"/*/{debug,release}/ModuleCache; do
    [ -d "$built" ] || continue
    rm -rf "${built%/ModuleCache}"
    anew="building all of it anew, for Open MPI $mpi_version ($mpicc)"
  done
  [ -z "$anew" ] || say "$anew"
  mkdir -p "$scratch/mpi"
  # In one step: another mpi-run.sh may be reading it.
  printf '%s\n' "$text" >"$file.$$" && mv -f "$file.$$" "$file"
}

prepare_build() {
  need_swift
  need_mpi
  write_pc_file
  swift_flags=(--package-path "$root" --scratch-path "$scratch")
  if [ -n "$library_folder" ]; then swift_flags+=(-Xlinker -rpath -Xlinker "$library_folder"); fi
}

# Sets $cpus, of which hyper-threading makes two a core, and $slots, which mpirun counts by cores.
# nproc would heed OMP_NUM_THREADS, which is about threads inside a rank.
count_cores() {
  cpus=$(env -u OMP_NUM_THREADS -u OMP_THREAD_LIMIT nproc 2>/dev/null || getconf _NPROCESSORS_ONLN)
  slots=$(lscpu -p=CORE 2>/dev/null | sed '/^#/d' | sort -u | wc -l || sysctl -n hw.physicalcpu 2>/dev/null || true)
  slots=${slots##*$'\n'}
  if [ "${slots:-0}" -eq 0 ] || [ "$slots" -gt "$cpus" ]; then slots=$cpus; fi
}

# mpirun takes the hosts from Slurm itself; for PBS, Debian's lacks what that needs.
place_ranks() {
  if [ -n "$hosts" ]; then
    launch+=(--host "$hosts")
  elif [ -n "$hostfile" ]; then
    launch+=(--hostfile "$hostfile")
  elif [ -n "${SLURM_JOB_ID-}" ] && [ -n "${SLURM_NTASKS-}${SLURM_NNODES-}" ]; then
    ranks=${ranks:-${SLURM_NTASKS-}}
    threads=${threads:-${SEPPO_THREADS:-${SLURM_CPUS_PER_TASK-}}}
    say "in Slurm job $SLURM_JOB_ID: ${ranks:-all its} ranks${threads:+ of $threads thread(s)} on \
${SLURM_NNODES:-its} node(s)"
  elif [ -n "${PBS_JOBID-}" ] && [ -s "${PBS_NODEFILE-}" ]; then
    launch+=(--hostfile "$PBS_NODEFILE")
    ranks=${ranks:-$(grep -c . "$PBS_NODEFILE")}
    say "in PBS job $PBS_JOBID: $ranks ranks on $(sort -u "$PBS_NODEFILE" | grep -c .) node(s)"
  else
    count_cores
    ranks=${ranks:-$((cpus / ${threads:-1}))}
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

# Replaces this shell, so that signals go to mpirun and the exit status is its.
launch_program() {
  local program=$1 argument plain=yes shielded=()
  shift
  launch=("$mpirun")
  if is_root; then
    say "running as root: passing --allow-run-as-root to mpirun"
    launch+=(--allow-run-as-root)
  fi
  place_ranks
  [ -z "$threads" ] || launch+=(-x "SEPPO_THREADS=$threads")
  # Else mpirun binds each of one or two ranks to one core, with all its compute threads. Not --map-by slot:PE=T: that
  # gives the same cores to two jobs side by side, takes no notice of taskset's, and Open MPI 5 refuses T cores of two
  # sockets. Unbound, the system spreads them.
  [ -n "${OMPI_MCA_hwloc_base_binding_policy-}${PRTE_MCA_hwloc_default_binding_policy-}" ] || launch+=(--bind-to none)
  # mpirun reads on in the program's arguments: a ':' starts a second program, and Open MPI 5 rewrites --bind-to.
  # Behind a '=' they pass, and a bash takes it off again; its -p keeps BASH_ENV out.
  for argument in "$@"; do
    shielded+=("=$argument")
    case $argument in -* | :) plain=no ;; esac
  done
  [ $plain = no ] || exec "${launch[@]}" "$program" "$@"
  # shellcheck disable=SC2016 # for that bash to expand
  exec "${launch[@]}" "$BASH" -p -c 'exec "${@#=}"' bash "=$program" "${shielded[@]}"
}

run_program() {
  local program binary
  parse_options "$@"
  shift "$options_taken"
  program=$1
  shift
  check_program "$program"
  prepare_build
  swift_flags+=(-c "$configuration")
  swift build "${swift_flags[@]}" --product "$program" </dev/null >&2
  binary=$scratch/$configuration/$program
  # Another build system of SwiftPM's may put it elsewhere.
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
    prepare_build
    exec swift "$subcommand" "${swift_flags[@]}" "$@"
    ;;
  setup)
    [ $# -eq 1 ] || misused "setup takes nothing after it; type: ./mpi-run.sh setup"
    need_swift
    need_mpi
    say "all is there: Swift, and Open MPI $mpi_version ($mpicc, $mpirun)"
    ;;
  *) run_program "$@" ;;
esac
