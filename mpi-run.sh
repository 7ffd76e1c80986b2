#!/usr/bin/env bash
# Builds a program and launches it with mpirun; see --help. It installs or names what is missing, and leaves the rest to
# seppo-launch, a program of the package Seppo. Uses only what bash 3.2 has, which macOS ships; there, expanding an empty array is
# an error under `set -u`.
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
It uses the MPI of $MPICC, or of the first mpicc on the PATH. Example:
  ./mpi-run.sh -n 4 HelloWorld
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

# The package is the nearest one above this folder that uses Seppo, or that of this script.
seppo=$(dirname "$(real_path "${BASH_SOURCE[0]}")") package=$PWD
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
  if [ $((${version%.*} * 1000 + ${version#*.})) -lt $((${oldest%.*} * 1000 + ${oldest#*.})) ]; then
    lacking "$(type -P swift) is Swift $version, which is too old: install Swift $oldest or newer, $where"
  fi
}

# Sets mpicc, mpirun, the name $mpi, the flags $includes and $libraries, and $library_folder; if the MPI is incomplete, $missing
# says what is missing. Every MPI's compiler wrapper prints its flags for -show.
find_mpi() {
  local word folder file header='' flags
  missing='' mpi='' includes='' libraries='' library_folder='' abi=''
  mpicc=$(type -P "${MPICC:-mpicc}") || { mpicc='' missing="${MPICC:-mpicc} is not on the PATH"; return; }
  mpicc=$(CDPATH='' cd "$(dirname "$mpicc")" && pwd)/$(basename "$mpicc")
  flags=$("$mpicc" -show 2>/dev/null | tr -d '"') ||
    lacking "$mpicc does not work: $mpicc -show fails" "put the bin folder of an MPI first on the PATH; on a cluster: module load mpi"
  for word in $flags; do
    case $word in
      -DMPI_ABI) abi=yes ;;
      -I/usr/include) ;; # the compiler searches it anyway, and a -I would change the order
      -I*) includes="$includes $word" ;;
      -L* | -l*) libraries="$libraries $word" ;;
    esac
  done
  for folder in $includes -I/usr/include; do
    file=${folder#-I}/mpi${abi:+_abi}.h
    if [ -z "$header" ] && [ -e "$file" ]; then header=$file; fi
  done
  [ -n "$header" ] || { missing="$mpicc lists no folder with mpi.h"; return; }
  mpi=$(awk '$1 == "#define" && NF >= 3 { gsub(/"/, "", $3); value[$2] = $3 } END {
    if ("OMPI_MAJOR_VERSION" in value)
      print "Open MPI " value["OMPI_MAJOR_VERSION"] "." value["OMPI_MINOR_VERSION"] "." value["OMPI_RELEASE_VERSION"]
    else if ("I_MPI_VERSION" in value) print "Intel MPI " value["I_MPI_VERSION"]
    else if ("MPICH_VERSION" in value) print "MPICH " value["MPICH_VERSION"]
    else if ("MPI_ABI_VERSION" in value) print "the MPI standard ABI " value["MPI_ABI_VERSION"]
    else print "an MPI"
  }' "$header")
  # The folder of the file itself: Debian's openmpi/lib only has a link to it.
  for word in $libraries; do
    for file in "${word#-L}"/libmpi{,ch,_abi}.{so,dylib}; do
      if [ -e "$file" ]; then library_folder=${library_folder:-$(dirname "$(real_path "$file")")}; fi
    done
  done
  case $libraries in *-L*) [ -n "$library_folder" ] || { missing="$mpicc lists no folder with the MPI library"; return; } ;; esac
  if [ -n "$abi" ]; then includes=" -I$scratch/mpi/include"; fi
  mpirun=$(dirname "$mpicc")/mpirun
  [ -x "$mpirun" ] || mpirun=$(type -P mpirun) || { missing="mpirun is neither beside $mpicc nor on the PATH"; return; }
  case "$mpi $("$mpirun" --version 2>&1 | tr '\n' ' ' || true)" in
    Open\ MPI\ *"Open MPI) ${mpi#Open MPI } "* | *ABI*) return ;;
    Open\ MPI\ * | *'Open MPI)'*) ;;
    *) return ;;
  esac
  lacking "$mpirun does not belong to $mpicc, $mpi:" "put the bin folder of one MPI first on the PATH"
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

# name_commands WHY DEBIAN'S FEDORA'S MACOS'S [CLUSTER'S]
name_commands() {
  lacking "$1; install it, then run the same command again:" "  Debian, Ubuntu: sudo apt-get install $2" \
    "  Fedora, RHEL:   sudo dnf install $3" "  macOS:          $4" ${5+"  a cluster:      $5"}
}

need_mpi() {
  local debian='libopenmpi-dev openmpi-bin pkg-config'
  local others=("$debian" "openmpi-devel && module load mpi/openmpi-$(uname -m)" 'brew install open-mpi'
    "module load openmpi (or the name that 'module avail mpi' lists)")
  find_mpi
  [ -n "$missing" ] || return 0
  case $mpicc in
    '' | /usr/bin/mpicc | /bin/mpicc) ;;
    *) lacking "$missing: that MPI is incomplete; put the bin folder of another one first on the PATH" ;;
  esac
  [ -z "${MPICC-}" ] || lacking "$missing: MPICC must name the compiler of an MPI"
  may_install || name_commands "$missing, and installing Open MPI needs apt-get and root or password-less sudo" "${others[@]}"
  # A plain `swift build` needs pkg-config; this script does not.
  # shellcheck disable=SC2086 # words
  install 'Open MPI' $debian || name_commands 'apt-get failed, see above' "${others[@]}"
  find_mpi
  [ -z "$missing" ] || name_commands "$missing, even after apt-get has installed it" "${others[@]}"
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

# need_sqlite [WORD...]: if a target of this name, or any, names SeppoCheckpoint, which stores results in an SQLite file. Indirect
# dependencies need no check: a program with a checkpoint imports SeppoCheckpoint and so names it itself.
need_sqlite() {
  local why='sqlite3.h is missing, which SeppoCheckpoint needs' others=(libsqlite3-dev sqlite-devel 'xcode-select --install')
  sed 's|//.*||' "$package/Package.swift" | tr '\n' ' ' | awk -v words="$*" '{
    count = split($0, part, /\.(executable|executableTarget|library|macro|plugin|systemLibrary|target|testTarget)[ ]*\(/)
    names = split(words, name, " ")
    for (i = 1; i <= count; i++) {
      found = part[i] ~ /"SeppoCheckpoint"/ && names == 0
      for (k = 1; k <= names; k++) found = found || (part[i] ~ /"SeppoCheckpoint"/ && index(part[i], "\"" name[k] "\""))
      if (found) exit
    }
  } END { exit !found }' || return 0
  if has_sqlite; then return; fi
  may_install || name_commands "$why, and installing it needs apt-get and root or password-less sudo" "${others[@]}"
  install SQLite libsqlite3-dev || name_commands 'apt-get failed, see above' "${others[@]}"
  has_sqlite || name_commands "$why, even after apt-get has installed it" "${others[@]}"
}

# SwiftPM takes only -I, -L and -l from a .pc file, and reads these even without pkg-config.
write_pc_files() {
  local text built rebuild='' name
  text=$(printf '%s\n' "Name: MPI" "Description: by mpi-run.sh, from $mpicc -show" "Version: 1" "Cflags:$includes" "Libs:$libraries")
  export PKG_CONFIG_PATH="$scratch/mpi${PKG_CONFIG_PATH:+:$PKG_CONFIG_PATH}"
  if [ -f "$scratch/mpi/mpich.pc" ] && [ "$(cat "$scratch/mpi/mpich.pc")" = "$text" ]; then return; fi
  # Delete what was built with another MPI: SwiftPM would not notice every change, and clang would find the old headers in its
  # module cache, whatever -I says.
  for built in "$scratch"/*/{debug,release}/ModuleCache; do
    [ -d "$built" ] || continue
    rm -rf "${built%/ModuleCache}"
    rebuild="rebuilding everything for $mpi ($mpicc)"
  done
  [ -z "$rebuild" ] || say "$rebuild"
  mkdir -p "$scratch/mpi/include"
  # The headers of the standard ABI have another name.
  if [ -n "$abi" ]; then printf '#include "%s"\n' "$header" >"$scratch/mpi/include/mpi.h"; fi
  # Replace them atomically: another mpi-run.sh may be reading.
  for name in ompi-c mpich; do
    printf '%s\n' "$text" >"$scratch/mpi/$name.$$" && mv -f "$scratch/mpi/$name.$$" "$scratch/mpi/$name.pc"
  done
}

prepare_build() {
  need_swift
  need_mpi
  write_pc_files
  swift_flags=(--package-path "$package" --scratch-path "$scratch")
  if [ -n "$library_folder" ]; then swift_flags+=(-Xlinker -rpath -Xlinker "$library_folder"); fi
}

if [ $# -eq 0 ]; then usage >&2; exit 2; fi
case $1 in
  -h | --help) usage ;;
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
    case " $*" in *' --product'* | *' --target'*) ;; *) need_sqlite ;; esac # otherwise not everything is built
    prepare_build
    # Build only the programs that tests start.
    if [ "$subcommand$package" = "test$seppo" ]; then swift_flags+=(--test-product SeppoPackageTests); fi
    exec swift "$subcommand" "${swift_flags[@]}" "$@"
    ;;
  docs)
    case $#${2-} in 1 | 2[!-]*) ;; *) misused "docs takes one folder at most; type: ./mpi-run.sh docs [FOLDER]" ;; esac
    need_sqlite
    prepare_build
    # The symbols and comments are read from the modules. These two import the third.
    for module in SeppoCheckpoint SeppoTesting; do swift build "${swift_flags[@]}" --target "$module" </dev/null >&2; done
    SWIFTPM_BUILD_DIR=$scratch exec "$seppo/Tools/docs.sh" ${2+"$2"}
    ;;
  setup)
    [ $# -eq 1 ] || misused "setup takes no arguments; type: ./mpi-run.sh setup"
    need_swift
    need_mpi
    say "everything is installed: Swift and $mpi ($mpicc, $mpirun)"
    ;;
  *)
    need_sqlite '' "$@"
    prepare_build
    launcher=$scratch/debug/seppo-launch
    # SwiftPM takes a second to find out that there is nothing to do.
    if [ ! -x "$launcher" ] || [ -n "$(find "$package"/Package.* "$package/Sources/"{SeppoLaunch,SeppoSystem,seppo-launch} \
      -newer "$launcher" 2>/dev/null | head -n 1)" ]; then
      swift build "${swift_flags[@]}" -c debug --product seppo-launch </dev/null >&2
      touch "$launcher"
    fi
    export SEPPO_LAUNCH_PACKAGE=$package SEPPO_LAUNCH_SCRATCH=$scratch SEPPO_LAUNCH_LIBRARY=$library_folder SEPPO_LAUNCH_MPIRUN=$mpirun
    exec "$launcher" "$@"
    ;;
esac
