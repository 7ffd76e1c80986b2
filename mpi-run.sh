#!/usr/bin/env bash
# Builds a program and launches it with mpirun; see --help. It installs or names what is missing, and leaves the rest to seppo-launch.
# Uses only what bash 3.2 has, which macOS ships; there, expanding an empty array is an error under `set -u`.
set -euo pipefail

usage() {
  cat <<'HELP'
Usage: ./mpi-run.sh [-n N] [--threads T] [--threads-per-item P] [--restarts K]
                    [--hosts a:4,b:4 | --hostfile FILE] [-x NAME[=VALUE]]...
                    [--debug] PROGRAM [ARGS...]
       ./mpi-run.sh setup | docs [FOLDER] | build | test [options for swift]

PROGRAM is an executable target of the package here, which is built before, or
a path: ./a.out. Installs a missing Open MPI, as root or with sudo.

  -n N             number of ranks; default: one per core, or as many as the
                   hosts or the batch job have slots for
  --threads T      compute threads per rank; without -n, cores / T ranks
                   (default: 1, or the batch job's cores per rank)
  --threads-per-item P  threads for OpenMP or BLAS inside an item (default:
                   its share of the cores); in Slurm, --cpus-per-task is T * P
  --hosts LIST     run on these hosts; the numbers are slots for ranks
  --hostfile FILE  the same from a file with lines like: node1 slots=4
  --restarts K     relaunch up to K times if a rank or a host is lost, or the
                   job is asked to stop; for programs with a checkpoint
  -x NAME[=VALUE]  a variable for all hosts, besides those named SEPPO_...
  --debug          build for debugging, not for speed
The MPI is that of $MPICC, or of mpicc. Example: ./mpi-run.sh -n 4 HelloWorld
HELP
}

say() { printf 'mpi-run.sh: %s\n' "$@" >&2; }
lacking() { say "$@"; exit 3; }

# The folder of this script; some Macs have no readlink -f. The package is the nearest one above this folder that uses Seppo, or Seppo.
self=${BASH_SOURCE[0]}
while [ -L "$self" ]; do
  target=$(readlink "$self")
  case $target in /*) self=$target ;; *) self=$(dirname "$self")/$target ;; esac
done
seppo=$(CDPATH='' cd -P "$(dirname "$self")" && pwd) package=$(pwd -P)
until [ "$package" = "$seppo" ] || grep -Fqs SeppoMPI "$package/Package.swift"; do
  if [ "$package" = / ]; then package=$seppo; else package=$(dirname "$package"); fi
done

# set_scratch FOLDER: the one in which SwiftPM builds and this script keeps its .pc file
set_scratch() { case $1 in /*) scratch=$1 ;; *) scratch=$PWD/$1 ;; esac; }
set_scratch "${SWIFTPM_BUILD_DIR:-$package/.build}"

need_swift() {
  local oldest version where='see https://www.swift.org/install/'
  oldest=$(sed -n '1s/.*swift-tools-version: *\([0-9]*\.[0-9]*\).*/\1/p' "$package/Package.swift")
  type -P swift >/dev/null || lacking "swift is not on the PATH: install Swift $oldest or newer, $where" \
    "(or, if it is installed, add its folder to the PATH: PATH=/opt/swift/usr/bin:\$PATH ./mpi-run.sh ...)"
  version=$(swift --version 2>/dev/null | sed -n 's/.*Swift version \([0-9]*\.[0-9]*\).*/\1/p' || true)
  [ -n "$version" ] || lacking "$(type -P swift) is not a working Swift compiler: install Swift $oldest or newer, $where"
  [ $((${version%.*} * 1000 + ${version#*.})) -ge $((${oldest%.*} * 1000 + ${oldest#*.})) ] ||
    lacking "$(type -P swift) is Swift $version, which is too old: install Swift $oldest or newer, $where"
}

# Sets mpicc, mpirun, the flags $includes and $libraries, $library_folder, and $abi_header for the ABI of MPI 5.0, or else $missing to
# what is missing. Every MPI's mpicc prints its flags for -show.
find_mpi() {
  local word folder header=mpi.h flags found=''
  missing='' includes='' libraries='' library_folder='' abi_header=''
  mpicc=$(type -P "${MPICC:-mpicc}") || { mpicc='' missing="${MPICC:-mpicc} is not on the PATH"; return; }
  mpicc=$(CDPATH='' cd "$(dirname "$mpicc")" && pwd)/$(basename "$mpicc")
  flags=$("$mpicc" -show 2>/dev/null | tr -d '"') ||
    lacking "$mpicc does not work: it fails for -show" "put the bin folder of an MPI first on the PATH; on a cluster: module load ..."
  for word in $flags; do
    case $word in
      -DMPI_ABI) header=mpi_abi.h ;;
      -I/usr/include) ;; # the compiler searches it anyway, and a -I would change the order
      -I*) includes="$includes $word" ;;
      -L* | -l*) libraries="$libraries $word" ;;
    esac
  done
  for folder in $includes -I/usr/include; do
    if [ -z "$found" ] && [ -e "${folder#-I}/$header" ]; then found=${folder#-I}/$header; fi
  done
  [ -n "$found" ] || { missing="$mpicc lists no folder with $header"; return; }
  if [ $header = mpi_abi.h ]; then abi_header=$found includes=" -I$scratch/mpi/include"; fi
  for folder in $libraries; do
    compgen -G "${folder#-L}/libmpi*" >/dev/null && library_folder=${library_folder:-${folder#-L}}
  done
  case $libraries in *-L*) [ -n "$library_folder" ] || missing="$mpicc lists no folder with the MPI library" ;; esac
  mpirun=$(dirname "$mpicc")/mpirun
  [ -x "$mpirun" ] || mpirun=$(type -P mpirun) || missing="mpirun is neither beside $mpicc nor on the PATH"
}

# obtain CHECK WHAT DEBIAN FEDORA MACOS [CLUSTER]: if CHECK sets $missing, installs the packages for Debian, or says what to install
obtain() {
  local check=$1 what=$2 debian=$3 then="install $2, then run the same command again" log
  local apt=(env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300)
  local advice=("  Debian, Ubuntu: sudo apt-get install $3" "  Fedora, RHEL:   sudo dnf install $4" "  macOS:          $5"
    ${6+"  a cluster:      $6"})
  if $check && [ -z "$missing" ]; then return; fi
  [ "$(id -u)" -eq 0 ] || apt=(sudo -n "${apt[@]}")
  if ! type -P apt-get >/dev/null || { [ "${apt[0]}" = sudo ] && ! sudo -n true 2>/dev/null; }; then
    lacking "$missing, and installing $what needs apt-get and root or password-less sudo; $then:" "${advice[@]}"
  fi
  say "installing $what with apt-get: $debian" && log=$(mktemp)
  # After a failed update, the present lists may be good enough.
  # shellcheck disable=SC2086 # several packages
  { "${apt[@]}" update || true; "${apt[@]}" install --yes --no-install-recommends $debian; } >"$log" 2>&1 </dev/null ||
    { cat "$log" >&2; rm "$log"; lacking "apt-get failed, see above; $then:" "${advice[@]}"; }
  rm "$log"
  $check
  [ -z "$missing" ] || lacking "$missing, even after apt-get has installed it:" "${advice[@]}"
}

need_mpi() {
  obtain check_mpi 'Open MPI' 'libopenmpi-dev openmpi-bin pkg-config' "openmpi-devel && module load mpi/openmpi-$(uname -m)" \
    'brew install open-mpi' "module load openmpi (or the name that 'module avail mpi' lists)"
}

check_mpi() {
  find_mpi
  case ${missing:+$mpicc${MPICC-}} in
    '' | /usr/bin/mpicc | /bin/mpicc) ;;
    *) lacking "$missing: put the bin folder of a complete MPI first on the PATH, or name its compiler in MPICC" ;;
  esac
}

# need_sqlite [WORD...]: if a target of such a name, or any, names SeppoCheckpoint, which stores results in an SQLite file. Indirect
# dependencies don't count: a program with a checkpoint imports SeppoCheckpoint and so names it itself.
need_sqlite() {
  local targets word
  targets=$(sed 's|//.*||' "$package/Package.swift" | tr '\n' ' ' | awk '{ gsub(/\.[a-z]*[tT]arget *\(/, "\n&") } 1' | grep '"SeppoCheckpoint"') ||
    return 0
  for word in "${@-SeppoCheckpoint}"; do
    case $targets in *"\"$word\""*) obtain check_sqlite SQLite libsqlite3-dev sqlite-devel 'xcode-select --install' ;; esac
  done
}

# Searches as the compiler does.
check_sqlite() {
  missing=''
  "$(type -P cc || type -P clang || echo false)" -E -x c - <<<'#include <sqlite3.h>' >/dev/null 2>&1 ||
    { type -P pkg-config >/dev/null && pkg-config --exists sqlite3; } || missing='sqlite3.h is missing, which SeppoCheckpoint needs'
}

# SwiftPM takes only -I, -L and -l from a .pc file, and reads these even without pkg-config.
prepare_build() {
  local text built rebuild='' name
  need_swift
  need_mpi
  swift_flags=(--package-path "$package" --scratch-path "$scratch")
  [ -z "$library_folder" ] || swift_flags+=(-Xlinker -rpath -Xlinker "$library_folder")
  export PKG_CONFIG_PATH="$scratch/mpi${PKG_CONFIG_PATH:+:$PKG_CONFIG_PATH}"
  text=$(printf '%s\n' 'Name: MPI' "Description: by mpi-run.sh, from $mpicc -show" 'Version: 1' "Cflags:$includes" "Libs:$libraries")
  if [ -f "$scratch/mpi/mpich.pc" ] && [ "$(cat "$scratch/mpi/mpich.pc")" = "$text" ]; then return; fi
  # Delete what was built with another MPI: SwiftPM would not notice every change, and clang would find the old headers in its
  # module cache, whatever -I says.
  for built in "$scratch"/*/{debug,release}/ModuleCache; do
    if [ -d "$built" ]; then rm -rf "${built%/ModuleCache}" && rebuild=yes; fi
  done
  [ -z "$rebuild" ] || say "rebuilding everything for another MPI: that of $mpicc"
  mkdir -p "$scratch/mpi/include"
  if [ -n "$abi_header" ]; then printf '#include "%s"\n' "$abi_header" >"$scratch/mpi/include/mpi.h"; fi
  # Replace them atomically: another mpi-run.sh may be reading.
  for name in ompi-c mpich; do
    printf '%s\n' "$text" >"$scratch/mpi/$name.$$" && mv -f "$scratch/mpi/$name.$$" "$scratch/mpi/$name.pc"
  done
}

case ${1-} in
  '') usage >&2 && exit 2 ;;
  -h | --help) usage ;;
  build | test)
    subcommand=$1
    shift
    for word in "$@"; do
      case "${previous-} $word" in *' --scratch-path='* | '--scratch-path '?*) set_scratch "${word#--scratch-path=}" ;; esac
      previous=$word
    done
    case " $*" in *' --product'* | *' --target'*) need_sqlite '' "$@" ;; *) need_sqlite ;; esac
    prepare_build
    # Build only the programs that tests start.
    if [ "$subcommand$package" = "test$seppo" ]; then swift_flags+=(--test-product SeppoPackageTests); fi
    exec swift "$subcommand" "${swift_flags[@]}" "$@"
    ;;
  docs) shift && exec "$seppo/Tools/docs.sh" "$@" ;;
  setup)
    [ $# -eq 1 ] || { say 'setup takes no arguments; type: ./mpi-run.sh setup'; exit 2; }
    need_swift && need_mpi
    say "everything is installed: Swift, and the MPI of $mpicc and $mpirun"
    ;;
  *)
    need_sqlite '' "$@"
    prepare_build
    launcher=$scratch/debug/seppo-launch
    # SwiftPM takes a second to find out that there is nothing to do.
    newer=yes
    if [ -x "$launcher" ]; then newer=$(find "$package"/{Package.*,Sources/*[lL]aunch,Sources/SeppoSystem} -newer "$launcher" 2>/dev/null || true); fi
    if [ -n "$newer" ]; then swift build "${swift_flags[@]}" -c debug --product seppo-launch </dev/null >&2 && touch "$launcher"; fi
    export SEPPO_LAUNCH_SCRIPT=$self SEPPO_LAUNCH_PACKAGE=$package SEPPO_LAUNCH_SCRATCH=$scratch SEPPO_LAUNCH_LIBRARY=$library_folder SEPPO_LAUNCH_MPIRUN=$mpirun
    exec "$launcher" "$@"
    ;;
esac
