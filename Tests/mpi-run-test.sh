#!/usr/bin/env bash
# Tests mpi-run.sh with stubs for everything it starts: nothing is built, installed or launched.
# MPI_RUN_BASH names another bash to run the script with (macOS's is 3.2).
set -euo pipefail

original=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
work=$(cd "$(mktemp -d)" && pwd -P)
trap 'rm -rf "$work"' EXIT
passed=0 failed=0

# A checkout, with a space in its path

checkout="$work/check out"
script="$checkout/mpi-run.sh"
mkdir -p "$checkout/Examples/HelloWorld" "$checkout/Examples/Primes" "$work/elsewhere"
cp "$original/mpi-run.sh" "$script"
cat >"$checkout/Package.swift" <<'MANIFEST'
// swift-tools-version: 6.2
let package = Package(
  dependencies: [.package(url: "https://example.org/thing", from: "1.0.0")],
  targets: [
    .target(name: "Library"),
    // .executableTarget(name: "CommentedOut"),
    .executableTarget(
      name: "HelloWorld", path: "Examples/HelloWorld"), .executableTarget(name: "Primes", path: "Examples/Primes"),
    .executableTarget(name: "Hidden", path: "Elsewhere"),
    .target(name: "SeppoCheckpoint", dependencies: ["Library"]),
    .executableTarget(
      name: "Sweep",
      dependencies: ["Library", "SeppoCheckpoint"]),
  ])
MANIFEST

# The only tools on the PATH, so that the script cannot use others of the machine by accident

tools="$work/tools"
mkdir "$tools"
ln -s "${MPI_RUN_BASH:-$BASH}" "$tools/bash"
for tool in awk basename cat chmod cp dirname env getconf grep ln mkdir mktemp mv mkfifo ps readlink rm sed sleep sort tr true uname wc; do
  ln -s "$(type -P "$tool")" "$tools/$tool"
done

# stand_in FOLDER NAME: an executable with the script on standard input
stand_in() {
  mkdir -p "$1"
  { echo '#!/usr/bin/env bash'; cat; } >"$1/$2"
  chmod +x "$1/$2"
}

machine="$work/machine"
stand_in "$machine" swift <<'STUB'
if [ "$1" = --version ]; then echo "${FAKE_SWIFT-Swift version 6.3.1 (swift-6.3.1-RELEASE)}"; exit; fi
echo "swift $*" >>"$LOG"
echo "swift's words: $#" >>"$LOG"
echo "pc-path $PKG_CONFIG_PATH" >>"$LOG"
echo "Building, says swift"
cat >>"$LOG"
[ -z "${FAKE_BUILD_FAILS-}" ] || exit 9
command=$1 scratch='' configuration=debug product=''
while [ $# -gt 0 ]; do
  case $1 in
    --scratch-path) scratch=$2; shift ;;
    -c) configuration=$2; shift ;;
    --product) product=$2; shift ;;
  esac
  shift
done
[ "$command" = build ] && [ -n "$product" ] || exit 0
mkdir -p "$scratch/$configuration" "$scratch/triple/$configuration/ModuleCache"
{ echo '#!/usr/bin/env bash'; echo '[ -z "${FAKE_JOB-}" ] || . "$FAKE_JOB"'
  echo 'echo "in $PWD"; printf "<%s>" "$@"; echo; cat; exit ${FAKE_EXIT-0}'; } >"$scratch/$configuration/$product"
chmod +x "$scratch/$configuration/$product"
STUB
stand_in "$machine" id <<'STUB'
echo "${FAKE_UID-1000}"
STUB
stand_in "$machine" nproc <<'STUB'
echo "${OMP_NUM_THREADS-4}"
STUB
stand_in "$machine" lscpu <<'STUB'
echo '# Core'
for ((cpu = 0; cpu < 4; cpu++)); do echo $((cpu % ${FAKE_CORES-4})); done
STUB

stand_in "$machine" cc <<STUB
IFS= read -r line
[ "\$* \$line" = '-E -x c - #include <sqlite3.h>' ] || exit 1
[ -z "\${FAKE_NO_SQLITE-}" ] || [ -e "$work/late/sqlite3.h" ]
STUB
stand_in "$machine" sleep <<STUB
echo "sleep \$*" >>"\$LOG"
[ "\$1" != 1 ] || [ -n "\${FAKE_PAUSE-}" ] || exit 0
exec "$tools/sleep" "\$@"
STUB

# open_mpi FOLDER VERSION: an installation whose library is a link, as Debian's is
open_mpi() {
  mkdir -p "$1/include" "$1/lib" "$1/real"
  touch "$1/include/mpi.h" "$1/real/libmpi.so.40"
  ln -sf ../real/libmpi.so.40 "$1/lib/libmpi.so"
  stand_in "$1/bin" mpicc <<STUB
case \$1 in
  -showme:version) echo "mpicc: Open MPI $2 (Language: C)" ;;
  -showme:incdirs) echo "$1/include /usr/include" ;;
  -showme:libdirs) echo "$1/none $1/lib" ;;
  -showme:libs) echo "mpi open-pal" ;;
esac
STUB
  # Like the real one, it also parses the program's arguments.
  stand_in "$1/bin" mpirun <<STUB
if [ "\$1" = --version ]; then echo "mpirun (Open MPI) $2"; exit; fi
STUB
  cat >>"$1/bin/mpirun" <<'STUB'
echo "pid $$" >>"$LOG"
echo "mpirun $*" >>"$LOG"
while [ $# -gt 0 ]; do
  case $1 in
    -n | -x | --host | --hostfile | --bind-to) shift 2 ;;
    --mca | --prtemca) shift 3 ;;
    -*) shift ;;
    *) break ;;
  esac
done
for word in "$@"; do
  case $word in : | --bind-to) echo "mpirun took $word for its own"; exit 99 ;; esac
done
exec "$@"
STUB
}
open_mpi "$work/mpi4" 4.1.4
open_mpi "$work/mpi5" 5.0.11
four="$work/mpi4/bin:$machine:$tools"

# Running and checking

# run [NAME=VALUE...] [-- ARGUMENT...]: sets $out, $err, $status and $log
run() {
  local settings=("PATH=$four")
  while [ $# -gt 0 ] && [ "$1" != -- ]; do settings+=("$1"); shift; done
  [ $# -eq 0 ] || shift
  : >"$work/log"
  status=0
  (cd "$work/elsewhere" && exec env -i LOG="$work/log" HOME="$work" "${settings[@]}" "${launcher:-$script}" "$@") \
    >"$work/out" 2>"$work/err" <<<"${input-}" || status=$?
  out=$(cat "$work/out") err=$(cat "$work/err") log=$(cat "$work/log")
}

verdict() {
  if [ "$1" = yes ]; then
    passed=$((passed + 1))
    echo "ok    $2"
  else
    failed=$((failed + 1))
    printf 'FAIL  %s\n' "$2"
    printf '        %s\n' "wanted: $3" "status: $status" "out: $out" "err: $err" "log: $log"
  fi
}

# equal NAME ACTUAL EXPECTED
equal() { if [ "$2" = "$3" ]; then verdict yes "$1"; else verdict no "$1" "'$3', not '$2'"; fi; }
# has NAME TEXT PART and lacks NAME TEXT PART
has() { case $2 in *"$3"*) verdict yes "$1" ;; *) verdict no "$1" "'$3' in it" ;; esac; }
lacks() { case $2 in *"$3"*) verdict no "$1" "no '$3' in it" ;; *) verdict yes "$1" ;; esac; }

# refused NAME STATUS PART: ends with STATUS, prints PART in one or two lines of its own, and starts nothing
refused() {
  local strangers
  strangers=$(grep -vc '^mpi-run.sh: ' <<<"$err" || true)
  if [ "$status" -eq "$2" ] && [ "$strangers" -eq 0 ] && [ "$(wc -l <"$work/err")" -le 2 ] && [ -z "$out$log" ]; then
    has "$1" "$err" "$3"
  else
    verdict no "$1" "status $2, one or two lines of mpi-run.sh with '$3', nothing started"
  fi
}

# Without the option that every command line has, which has its own test.
mpirun_line() { grep '^mpirun ' "$work/log" | sed -E 's/ --(prte)?mca odls_base_signal_direct_children_only 1//' || true; }
signals_given() { grep -Eo -e '--[a-z]+ odls_base_signal_direct_children_only 1' "$work/log" || true; }
swift_line() { grep '^swift ' "$work/log" || true; }

release="$checkout/.build/release"
pc="$checkout/.build/mpi/ompi-c.pc"

# Help

run
equal 'no arguments: status 2' "$status" 2
has 'no arguments: help is on stderr' "$err" 'Usage: ./mpi-run.sh'
equal 'no arguments: nothing is on stdout' "$out" ''
run -- --help
equal '--help: status 0' "$status" 0
has '--help: has an example' "$out" './mpi-run.sh -n 4 '
equal '--help: at most 24 lines of 80' "$(awk 'length > 80 || NR > 24' <<<"$out")" ''
run -- -n 2 -h
has '-h after another option' "$out" 'Usage: ./mpi-run.sh'

# A program

input='standard input' run -- -n 2 HelloWorld -n 7 --debug '' 'two  words' : --bind-to '*' '=x' "it's"
equal 'the program gets its arguments, folder and standard input unchanged, and only it writes to stdout' \
  "$out" "in $work/elsewhere"$'\n'"<-n><7><--debug><><two  words><:><--bind-to><*><=x><it's>"$'\nstandard input'
has 'build output is on stderr' "$err" 'Building, says swift'
run -- -n 2 HelloWorld one '' 'two  words'
equal 'mpirun gets the ranks and the program' "$(mpirun_line)" \
  "mpirun -n 2 --bind-to none $release/HelloWorld one  two  words"
has 'arguments without dashes are unchanged too' "$out" '<one><><two  words>'
equal 'a signal reaches the ranks, not the programs that they run' "$(signals_given)" '--mca odls_base_signal_direct_children_only 1'
run -- HelloWorld a : b
has 'a single colon is an argument' "$out" '<a><:><b>'
lacks 'no unnecessary flag is passed' "$err" 'passing'
has 'swift builds the product for release' "$(swift_line)" '-c release --product HelloWorld'
has 'swift gets the folder of the checkout' "$(swift_line)" "--package-path $checkout --scratch-path $checkout/.build "
has 'swift gets the real folder of the library' "$(swift_line)" "-Xlinker -rpath -Xlinker $work/mpi4/real"
has 'our .pc file comes first' "$log" "pc-path $checkout/.build/mpi"
run PKG_CONFIG_PATH=/other -- HelloWorld
has 'the caller'\''s PKG_CONFIG_PATH comes after it' "$log" "pc-path $checkout/.build/mpi:/other"
equal 'the .pc file has -I, -L and -l only, and no /usr/include' "$(grep -E '^(Cflags|Libs)' "$pc")" \
  "Cflags: -I$work/mpi4/include"$'\n'"Libs: -L$work/mpi4/none -L$work/mpi4/lib -lmpi -lopen-pal"
run -- --debug HelloWorld
has '--debug: swift builds for debugging' "$(swift_line)" '-c debug --product HelloWorld'
has '--debug: mpirun gets that build' "$(mpirun_line)" "$checkout/.build/debug/HelloWorld"
run -- Hidden
has 'an executable target may be outside Examples' "$(mpirun_line)" "$release/Hidden"
run -- -- HelloWorld -- x
has '-- may precede the program' "$(mpirun_line)" "=$release/HelloWorld =-- =x"
run FAKE_EXIT=7 -- HelloWorld
equal 'the exit status is the program'\''s' "$status" 7
run FAKE_BUILD_FAILS=1 -- HelloWorld
equal 'a failed build: swift'\''s status' "$status" 9
equal 'a failed build: nothing is launched' "$(mpirun_line)" ''
launcher="$work/outer link"
ln -s link "$launcher"
ln -s "$script" "$work/link"
run -- HelloWorld
has 'the script works through symbolic links' "$(mpirun_line)" "$release/HelloWorld"
unset launcher
for word in plain --option; do
  env -i LOG="$work/log" PATH="$four" "$script" HelloWorld $word >/dev/null 2>&1 </dev/null &
  script_pid=$!
  wait "$script_pid"
  has "mpirun replaces the script: $word" "$(cat "$work/log")" "pid $script_pid"
done
run SWIFTPM_BUILD_DIR=relative -- HelloWorld
has 'SWIFTPM_BUILD_DIR is respected' "$(mpirun_line)" "$work/elsewhere/relative/release/HelloWorld"

# Ranks, hosts, root

run -- HelloWorld
has 'no -n: one rank per core' "$(mpirun_line)" 'mpirun -n 4 '
run OMP_NUM_THREADS=1 -- HelloWorld
has 'no -n: OMP_NUM_THREADS has no influence' "$(mpirun_line)" 'mpirun -n 4 '
for form in '-n 5' -n5 -n=5 --n=5 '-np 5' '-n 005'; do
  # shellcheck disable=SC2086 # two words
  run -- $form HelloWorld
  equal "$form: oversubscribes 4 cores" "$(mpirun_line)" \
    "mpirun --oversubscribe -n 5 --bind-to none $release/HelloWorld"
done
has 'more ranks than cores: a message says so' "$err" '5 ranks share 4 core(s): passing --oversubscribe'
run FAKE_CORES=2 -- -n 3 HelloWorld
has 'hyper-threads do not count as cores' "$(mpirun_line)" '--oversubscribe -n 3'
run FAKE_UID=0 -- HelloWorld
has 'root: --allow-run-as-root' "$(mpirun_line)" 'mpirun --allow-run-as-root '
has 'root: a message says so' "$err" 'running as root: passing --allow-run-as-root'
run OMPI_MCA_hwloc_base_binding_policy=core -- HelloWorld
lacks 'the caller'\''s own binding is unchanged' "$(mpirun_line)" --bind-to
for form in '--hosts a:40,b:40' --hosts=a:40,b:40; do
  # shellcheck disable=SC2086 # two words
  run SLURM_JOB_ID=1 SLURM_NTASKS=8 -- $form HelloWorld
  equal "$form: uses all their slots" "$(mpirun_line)" "mpirun --host a:40,b:40 --bind-to none $release/HelloWorld"
done
run -- --hosts a:40 -n 30 HelloWorld
has '--hosts with -n: --oversubscribe is not passed' "$(mpirun_line)" 'mpirun --host a:40 -n 30 --bind'
echo 'a slots=40' >"$work/elsewhere/my hosts"
run -- --hostfile 'my hosts' HelloWorld
has '--hostfile' "$(mpirun_line)" 'mpirun --hostfile my hosts --bind'
run -- --hostfile='my hosts' HelloWorld
has '--hostfile=' "$(mpirun_line)" 'mpirun --hostfile my hosts --bind'

# Progress, summaries, the timeline

run SEPPO_SUMMARY=1 SEPPO_TIMELINE=run.html SEPPO_PROGRESS=log -- -n 2 HelloWorld
equal 'what shows and records a run goes to rank 0, wherever it is' "$(mpirun_line)" \
  "mpirun -n 2 -x SEPPO_SUMMARY -x SEPPO_TIMELINE -x SEPPO_PROGRESS --bind-to none $release/HelloWorld"
run -- -n 2 HelloWorld
lacks 'standard error is no terminal: no bar' "$(mpirun_line)" SEPPO_
stand_in "$machine" stty <<<'echo 30 100'
# The terminal of the first run stays until its margins are reset, but no longer than 10 s.
stand_in "$work" at_terminal <<STUB
export SCRIPT='$script' OUT='$work/out'
exec $(type -P script) -qfec '
  "\$SCRIPT" -n 2 HelloWorld
  tries=0
  until [ -n "\$SEPPO_PROGRESS" ] || grep -qF "[r" "\$OUT" || [ \$tries -ge 100 ]; do sleep 0.1; tries=\$((tries + 1)); done
' /dev/null
STUB
launcher="$work/at_terminal" run SHELL=/bin/sh
has 'standard error is a terminal: long calls show a bar there' "$(mpirun_line)" \
  '-x SEPPO_PROGRESS=bar -x SEPPO_TERMINAL=100x30 --bind'
has 'at the end of mpirun, the terminal has its usual margins again' "$out" $'\0337\033[r\0338'
for kind in off log; do
  launcher="$work/at_terminal" run SHELL=/bin/sh SEPPO_PROGRESS=$kind
  has "a terminal and SEPPO_PROGRESS=$kind" "$(mpirun_line)" 'mpirun -n 2 -x SEPPO_PROGRESS --bind'
done
rm "$machine/stty"

# Threads

run -- --threads 2 HelloWorld
equal '--threads: all ranks get the number, and fill the cores' "$(mpirun_line)" \
  "mpirun -n 2 -x SEPPO_THREADS=2 --bind-to none $release/HelloWorld"
lacks '--threads: no message if there are enough cores' "$err" share
for form in --threads=2 '--threads 002'; do
  # shellcheck disable=SC2086 # two words
  run -- $form HelloWorld
  has "$form" "$(mpirun_line)" 'mpirun -n 2 -x SEPPO_THREADS=2 --bind'
done
run -- --threads 1 HelloWorld
has '--threads 1' "$(mpirun_line)" 'mpirun -n 4 -x SEPPO_THREADS=1 --bind'
run -- --threads 3 HelloWorld
has '--threads that do not divide the cores: no more threads than cores' "$(mpirun_line)" 'mpirun -n 1 -x SEPPO_THREADS=3 --bind'
run -- --threads 9 HelloWorld
has '--threads beyond the cores: one rank' "$(mpirun_line)" 'mpirun -n 1 -x SEPPO_THREADS=9 --bind'
has '--threads beyond the cores: a message says so' "$err" '1 rank(s) of 9 threads share 4 core(s)'
for form in '-n 3 --threads 2' '--threads 2 -n 3'; do
  # shellcheck disable=SC2086 # four words
  run -- $form HelloWorld
  has "$form" "$(mpirun_line)" 'mpirun -n 3 -x SEPPO_THREADS=2 --bind'
  has "$form: a message says what they share" "$err" '3 rank(s) of 2 threads share 4 core(s)'
done
run -- -n 5 --threads 2 HelloWorld
has '--threads and more ranks than cores' "$(mpirun_line)" 'mpirun --oversubscribe -n 5 -x SEPPO_THREADS=2 --bind'
equal '--threads and more ranks than cores: one line says so' "$(grep -c share <<<"$err")" 1
run FAKE_CORES=2 -- --threads 2 HelloWorld
has '--threads: hyper-threads count, as without the option' "$(mpirun_line)" 'mpirun -n 2 -x SEPPO_THREADS=2 --bind'
run SEPPO_THREADS=3 -- --threads 2 HelloWorld
has '--threads has precedence over SEPPO_THREADS' "$(mpirun_line)" '-x SEPPO_THREADS=2 '
run SEPPO_THREADS=3 -- HelloWorld
has 'SEPPO_THREADS alone is left to the program' "$(mpirun_line)" 'mpirun -n 4 --bind'
run OMPI_MCA_hwloc_base_binding_policy=core -- --threads 2 HelloWorld
equal '--threads: the caller'\''s own binding is unchanged' "$(mpirun_line)" \
  "mpirun -n 2 -x SEPPO_THREADS=2 $release/HelloWorld"
run -- --hosts a:40,b:40 --threads 8 HelloWorld
has '--threads with --hosts: uses all their slots' "$(mpirun_line)" 'mpirun --host a:40,b:40 -x SEPPO_THREADS=8 --bind-to none '
run -- --hostfile 'my hosts' -n 4 --threads 8 HelloWorld
has '--threads with --hostfile' "$(mpirun_line)" 'mpirun --hostfile my hosts -n 4 -x SEPPO_THREADS=8 --bind-to none '
run "PATH=$work/mpi5/bin:$four" -- --threads 2 HelloWorld
has '--threads: the same with Open MPI 5' "$(mpirun_line)" 'mpirun -n 2 -x SEPPO_THREADS=2 --bind-to none '
equal 'a signal reaches the ranks: the same with Open MPI 5' "$(signals_given)" '--prtemca odls_base_signal_direct_children_only 1'
run -- HelloWorld
lacks 'no --threads: -x is not passed' "$(mpirun_line)" -x
run -- HelloWorld --threads 2
has '--threads after the program is the program'\''s' "$out" '<--threads><2>'
lacks '--threads after the program: -x is not passed' "$(mpirun_line)" -x

# shellcheck disable=SC2016 # expanded by the program
echo 'echo "libraries: ${OMP_NUM_THREADS-} ${OPENBLAS_NUM_THREADS-} ${NUMEXPR_NUM_THREADS-}"' >"$work/libraries"
run "FAKE_JOB=$work/libraries" -- -n 2 HelloWorld
has 'libraries share the cores of one machine' "$out" 'libraries: 2 2 2'
run "FAKE_JOB=$work/libraries" -- -n 2 --threads 2 HelloWorld
has 'libraries share the cores with all compute threads' "$out" 'libraries: 1 1 1'
run "FAKE_JOB=$work/libraries" SEPPO_THREADS=2 -- -n 1 HelloWorld
has 'libraries share the cores with the threads of SEPPO_THREADS' "$out" 'libraries: 2 2 2'
run "FAKE_JOB=$work/libraries" OPENBLAS_NUM_THREADS=3 -- -n 9 HelloWorld
has 'libraries: the user'\''s own number has precedence, and 1 is the least' "$out" 'libraries: 1 3 1'
run "FAKE_JOB=$work/libraries" SEPPO_THREADS_PER_ITEM=3 -- -n 2 HelloWorld
has 'SEPPO_THREADS_PER_ITEM: libraries get it' "$out" 'libraries: 3 3 3'
run "FAKE_JOB=$work/libraries" -- -n 1 HelloWorld
has 'a single rank has all cores' "$out" 'libraries:   '
run "FAKE_JOB=$work/libraries" -- --hosts a:4,b:4 HelloWorld
has 'on several hosts each rank decides' "$out" 'libraries:   '
for form in '--threads-per-item 2' --threads-per-item=2; do
  # shellcheck disable=SC2086 # options
  run "FAKE_JOB=$work/libraries" -- $form HelloWorld
  has "$form: fewer ranks" "$(mpirun_line)" 'mpirun -n 2 -x OMP_NUM_THREADS -x OPENBLAS_NUM_THREADS '
  has "$form: Seppo gets it" "$(mpirun_line)" '-x NUMEXPR_NUM_THREADS -x SEPPO_THREADS_PER_ITEM=2 --bind'
  has "$form: libraries get it" "$out" 'libraries: 2 2 2'
done
run MKL_NUM_THREADS=7 -- --hosts a:4,b:4 --threads-per-item 4 HelloWorld
has '--threads-per-item with --hosts' "$(mpirun_line)" 'mpirun --host a:4,b:4 -x OMP_NUM_THREADS '
lacks '--threads-per-item: the user'\''s own number has precedence' "$(mpirun_line)" MKL
run SLURM_JOB_ID=42 SLURM_NTASKS=3 SLURM_CPUS_PER_TASK=8 -- --threads-per-item 4 HelloWorld
has '--threads-per-item under Slurm: the rest of --cpus-per-task are items at once' "$(mpirun_line)" '-x SEPPO_THREADS=2 '
run SLURM_JOB_ID=42 SLURM_NTASKS=3 SLURM_CPUS_PER_TASK=2 -- --threads-per-item 4 HelloWorld
has '--threads-per-item beyond --cpus-per-task' "$(mpirun_line)" '-x SEPPO_THREADS=1 '

# Allocations

run SLURM_JOB_ID=42 SLURM_NTASKS=96 SLURM_NNODES=3 -- HelloWorld
has 'Slurm: its ranks, and no flag for hosts or oversubscription' "$(mpirun_line)" 'mpirun -n 96 --bind'
has 'Slurm: a message says so' "$err" 'in Slurm job 42: 96 ranks on 3 node(s)'
run SLURM_JOB_ID=42 SLURM_NNODES=3 -- HelloWorld
has 'Slurm without a number of tasks: mpirun finds it out' "$(mpirun_line)" 'mpirun --bind'
run SLURM_JOB_ID=42 SLURM_NTASKS=96 -- -n 9 HelloWorld
has 'Slurm with -n' "$(mpirun_line)" 'mpirun -n 9 --bind'
slurm=(SLURM_JOB_ID=42 SLURM_NTASKS=12 SLURM_NNODES=3 SLURM_CPUS_PER_TASK=8)
run "${slurm[@]}" -- HelloWorld
has 'Slurm'\''s --cpus-per-task: sets the number of threads' "$(mpirun_line)" 'mpirun -n 12 -x SEPPO_THREADS=8 --bind-to none '
has 'Slurm'\''s --cpus-per-task: a message says so' "$err" 'in Slurm job 42: 12 ranks of 8 thread(s) on 3 node(s)'
run "${slurm[@]}" -- --threads 1 HelloWorld
has 'Slurm with --threads' "$(mpirun_line)" 'mpirun -n 12 -x SEPPO_THREADS=1 --bind'
run "${slurm[@]}" SEPPO_THREADS=2 -- HelloWorld
has 'Slurm with SEPPO_THREADS' "$(mpirun_line)" 'mpirun -n 12 -x SEPPO_THREADS=2 --bind'
run "${slurm[@]}" -- --hosts a:4 HelloWorld
lacks 'Slurm'\''s --cpus-per-task applies to its hosts only' "$(mpirun_line)" -x
run SLURM_CPUS_PER_TASK=8 -- HelloWorld
lacks 'Slurm'\''s --cpus-per-task applies to its jobs only' "$(mpirun_line)" -x
run SLURM_JOB_ID=42 -- HelloWorld
has 'a job number alone is not an allocation' "$(mpirun_line)" 'mpirun -n 4 '
printf '%s\n' a a a b b b >"$work/nodes"
run PBS_JOBID=7.server "PBS_NODEFILE=$work/nodes" -- HelloWorld
has 'PBS: uses its ranks and hosts' "$(mpirun_line)" "mpirun --hostfile $work/nodes -n 6 --bind"
has 'PBS: a message says so' "$err" 'in PBS job 7.server: 6 ranks on 2 node(s)'
run PBS_JOBID=7.server "PBS_NODEFILE=$work/nodes" -- -n 2 HelloWorld
has 'PBS with -n: still uses its hosts' "$(mpirun_line)" "mpirun --hostfile $work/nodes -n 2 --bind"
run PBS_JOBID=7.server "PBS_NODEFILE=$work/nodes" -- --threads 2 HelloWorld
has 'PBS with --threads: uses its ranks' "$(mpirun_line)" "mpirun --hostfile $work/nodes -n 6 -x SEPPO_THREADS=2 --bind"
run PBS_JOBID=7.server "PBS_NODEFILE=$work/none" -- HelloWorld
has 'PBS without a node file: uses this machine' "$(mpirun_line)" 'mpirun -n 4 --bind'

# Restarts

# job: reads from standard input the bash script that the ranks run; $launch is the number of the launch
job() { { echo "launch=\$(grep -c '^mpirun ' \"\$LOG\")"; cat; } >"$work/job"; }
# restarts [NAME=VALUE...] [-- ARGUMENT...]: runs that job
restarts() { run FAKE_JOB="$work/job" TMPDIR="$work/temporary" "$@"; }
launches() { grep -c '^mpirun ' "$work/log" || true; }
relaunch_lines() { grep -v '^Building' "$work/err" || true; }
mkdir "$work/temporary"

input='standard input' run TMPDIR="$work/temporary" -- --restarts 2 -n 2 HelloWorld -n 7 '' 'two  words' : "it's"
equal '--restarts: arguments, folder, standard input and stdout are as without it' "$out" \
  "in $work/elsewhere"$'\n'"<-n><7><><two  words><:><it's>"$'\nstandard input'
equal '--restarts: status 0 ends it' "$status $(launches) $(relaunch_lines)" '0 1 '
equal '--restarts: the command line is the same' "$(run -- -n 2 HelloWorld; mpirun_line)" \
  "$(run TMPDIR="$work/temporary" -- --restarts 3 -n 2 HelloWorld; mpirun_line)"
run FAKE_EXIT=7 TMPDIR="$work/temporary" -- --restarts=2 HelloWorld
equal '--restarts: without a report, a status below 128 is the program'\''s' "$status $(launches)" '7 1'

job <<'JOB'
echo "the program's word" >&2
JOB
restarts -- --restarts 2 HelloWorld
has '--restarts: the program can write to stderr' "$err" "the program's word"

# The first launch has a process that has died unnoticed, and, with $LIVES, one that is alive.
job <<'JOB'
if [ "$launch" -eq 1 ]; then
  printf '%s\n' began 'checkpoint fits.sqlite' 'items 1000' 'kept 812' >"$SEPPO_REPORT"
  sleep 0.5 &
  [ -z "${LIVES-}" ] || sleep 30 &
  exec sleep "${LASTS-15}"
fi
JOB
restarts -- --restarts 5 -n 2 HelloWorld
equal 'an mpirun that hangs after its ranks have ended is killed' "$status $(launches) $(relaunch_lines)" \
  "0 2 mpi-run.sh: relaunch 1 of 5: all ranks had ended, but mpirun hung; fits.sqlite has 812 of 1000 items, 188 remain"
restarts LIVES=yes -- --restarts 5 -n 2 HelloWorld
equal 'an mpirun with a living rank is waited for' "$status $(launches) $(relaunch_lines)" '0 1 '
restarts LASTS=4 -- --restarts 5 -n 2 HelloWorld
equal 'an mpirun that is slow to notice is waited for' "$status $(launches) $(relaunch_lines)" '0 1 '

job <<'JOB'
[ "$launch" -gt 1 ] || { printf '%s\n' began 'checkpoint fits.sqlite' 'kept 8' 'items 1000' 'kept 812' >"$SEPPO_REPORT"; exit "$DIES"; }
echo "relaunch ${SEPPO_RELAUNCH-none}, report of $(wc -c <"$SEPPO_REPORT")"
JOB
for death in '137 a rank was killed (SIGKILL)' '143 a rank was killed (SIGTERM)' '139 a rank crashed (SIGSEGV)' \
  '134 a rank crashed (SIGABRT)' '132 a rank crashed (SIGILL)' '75 the job was asked to stop (status 75)' \
  '1 a rank or host was lost (status 1)' '255 a rank or host was lost (status 255)'; do
  restarts DIES="${death%% *}" -- --restarts 5 -n 2 HelloWorld
  equal "status ${death%% *}: the job is relaunched, and one line says so" "$status $(launches) $(relaunch_lines)" \
    "0 2 mpi-run.sh: relaunch 1 of 5: ${death#* }; fits.sqlite has 812 of 1000 items, 188 remain"
done
has 'the second launch starts with an empty report' "$out" 'report of 0'
equal 'the relaunch gets its number' "$(mpirun_line)" "mpirun -n 2 --bind-to none $release/HelloWorld
mpirun -n 2 --bind-to none -x SEPPO_RELAUNCH=1 $release/HelloWorld"
restarts DIES=137 SEPPO_RELAUNCH=8 -- --restarts 5 -n 2 HelloWorld
has 'SEPPO_RELAUNCH of an outer script is not passed on' "$out" 'relaunch none'
restarts DIES=137 -- --restarts 5 -n 8 HelloWorld
equal 'a relaunch does not repeat the messages of the first launch' "$(grep -c oversubscribe "$work/err")" 1
equal 'a relaunch passes the same flags' "$(grep -c oversubscribe "$work/log")" 2
restarts DIES=137 FAKE_UID=0 -- --restarts 5 -n 2 HelloWorld
equal 'a relaunch as root passes --allow-run-as-root' "$(grep -c -e --allow-run-as-root "$work/log") $(grep -c 'running as root' "$work/err")" '2 1'
equal 'a job that dies at once: the script pauses before the relaunch' "$(grep -c '^sleep 1$' "$work/log")" 1
job <<'JOB'
[ "$launch" -gt 1 ] || { sleep 2.1; exit 137; }
JOB
restarts -- --restarts 5 HelloWorld
equal 'a job that ran for a while: the script does not pause' "$(grep -c '^sleep 1$' "$work/log") $(launches)" '0 2'
has 'no report, killed: the job is relaunched' "$err" \
  'relaunch 1 of 5: a rank was killed (SIGKILL); the number of stored results is not known here'

for word in error well whatever; do
  for ending in 1 75 137 200; do
    job <<JOB
printf '%s\n' began 'checkpoint x.sqlite' 'ended $word' >"\$SEPPO_REPORT"; exit $ending
JOB
    restarts -- --restarts 5 HelloWorld
    equal "ended $word, then status $ending: no relaunch" "$status $(launches) $(relaunch_lines)" "$ending 1 "
  done
done
job <<'JOB'
printf '%s\n' began 'checkpoint x.sqlite' 'kept 3' 'items 9' 'ended deadline' >"$SEPPO_REPORT"
exit 75
JOB
restarts -- --restarts 5 HelloWorld
equal 'after the deadline: no relaunch' "$status $(launches)" '75 1'
equal 'after the deadline: one line says so' "$(relaunch_lines)" \
  "mpi-run.sh: no relaunch: the deadline has passed; x.sqlite has 3 of 9 items, 6 remain: submit the job again to resume"
job <<'JOB'
echo began >"$SEPPO_REPORT"
[ "$launch" -gt 1 ] || exit 137
printf '%s\n' 'checkpoint x.sqlite' 'ended deadline' >>"$SEPPO_REPORT"
exit 75
JOB
restarts -- --restarts 1 HelloWorld
equal 'after the deadline, in the last relaunch: no message about used up relaunches' \
  "$status $(launches) $(grep -c 'deadline has passed' "$work/err") $(grep -c 'used up' "$work/err")" '75 2 1 0'
job <<'JOB'
echo began >"$SEPPO_REPORT"; exit 137
JOB
restarts -- --restarts 2 HelloWorld
equal 'all relaunches are used up: the last status counts' "$status $(launches)" '137 3'
equal 'all relaunches are used up: a message says so' "$(tail -n 1 "$work/err")" "mpi-run.sh: all 2 relaunches are used up: \
a rank was killed (SIGKILL); the program has no checkpoint yet and starts from the beginning: find the cause, then run the same command to resume"
equal 'all relaunches are used up: each had its own line' "$(grep -c '^mpi-run.sh: relaunch [12] of 2: ' "$work/err")" 2
job <<'JOB'
[ "$launch" -gt 1 ] || { printf '%s\n' began 'checkpoint a b.sqlite' >"$SEPPO_REPORT"; exit 137; }
exit 1
JOB
restarts -- --restarts 5 HelloWorld
equal 'a relaunch that does not start: its status ends it' "$status $(launches)" '1 2'
has 'a checkpoint with an unknown number of items' "$err" '; a b.sqlite has the results that were stored'
equal 'no file is left' "$(ls "$work/temporary")" ''

# Signals to the script

# signalled SIGNAL [NAME=VALUE...] [-- ARGUMENT...]: runs the job, and sends the script SIGNAL when the job is up
signalled() {
  local signal=$1 script_pid
  shift
  : >"$work/log"
  set -m # otherwise the script would ignore INT
  env -i LOG="$work/log" PATH="$four" FAKE_JOB="$work/job" TMPDIR="$work/temporary" "$@" \
    >"$work/out" 2>"$work/err" </dev/null &
  script_pid=$!
  set +m
  until grep -q '^up' "$work/log"; do sleep 0.05; done
  kill "-$signal" "$script_pid"
  if [ -n "${again-}" ]; then
    sleep 0.1
    kill "-$signal" "$script_pid"
  fi
  status=0
  { wait "$script_pid" || status=$?; } 2>/dev/null
  out=$(cat "$work/out") err=$(cat "$work/err") log=$(cat "$work/log")
}
job <<'JOB'
echo began >"$SEPPO_REPORT"
[ "$launch" -gt "${DIES-0}" ] || exit 137
# Not at once: the script must continue to wait after its trap.
for signal in HUP INT TERM USR1 USR2; do trap "echo got $signal >>'$LOG'; ends=yes" $signal; done
echo up >>"$LOG"
for ((i = 0; i < 100; i++)); do sleep 0.05; [ -z "${ends-}" ] || break; done
sleep 0.3
echo stored >>"$LOG"
exit "${ENDS-75}"
JOB
for signal in USR1:USR1 USR2:USR2 TERM:USR1 INT:INT HUP:HUP; do
  signalled "${signal%:*}" "$script" --restarts 5 HelloWorld
  equal "${signal%:*} to the script: mpirun gets ${signal#*:}" "$(grep got "$work/log")" "got ${signal#*:}"
  equal "${signal%:*} to the script: it waits, and does not relaunch" "$status $(launches) $(grep -c stored "$work/log")" '75 1 1'
done
again=yes signalled TERM "$script" --restarts 5 HelloWorld
equal 'TERM to the script, twice: mpirun gets one USR1' "$(grep got "$work/log")" 'got USR1'
signalled TERM ENDS=137 "$script" --restarts 5 HelloWorld
equal 'asked to stop and then killed: no relaunch' "$status $(launches)" '137 1'
signalled TERM DIES=1 "$script" --restarts 1 HelloWorld
equal 'asked to stop in the last relaunch: no message about used up relaunches' "$status $(grep -c 'used up' "$work/err")" '75 0'
signalled KILL "$script" --restarts 5 HelloWorld
for ((i = 0; i < 60; i++)); do if grep -q stored "$work/log"; then break; fi; sleep 0.05; done
equal 'the script is killed: the job is asked to stop' "$(grep -e got -e stored "$work/log")" $'got USR1\nstored'
job <<'JOB'
echo up >>"$LOG"
exec sleep 3
JOB
signalled TERM "$script" --restarts 5 HelloWorld
equal 'an mpirun that does not forward signals yet: status 75' "$status $(launches)" '75 1'
job <<'JOB'
echo up >>"$LOG"
exit 137
JOB
signalled TERM FAKE_PAUSE=1 "$script" --restarts 5 HelloWorld
equal 'asked to stop between two launches: no relaunch' "$status $(launches)" '137 1'
for ((i = 0; i < 60; i++)); do if [ -z "$(ls "$work/temporary")" ]; then break; fi; sleep 0.05; done
equal 'signals: no file is left' "$(ls "$work/temporary")" ''

# Hosts that are lost

stand_in "$machine" ssh <<'STUB'
echo "ssh $*" >>"$LOG"
while [ $# -gt 2 ]; do shift; done
case " ${FAKE_LOST-} " in *" $1 "*) exit 255 ;; esac
[ "$2" = true ]
STUB
job <<'JOB'
[ "$launch" -gt 1 ] || { printf '%s\n' began 'checkpoint x.sqlite' 'kept 3' 'items 9' >"$SEPPO_REPORT"; exit 1; }
JOB
lost='a rank or host was lost (status 1); x.sqlite has 3 of 9 items, 6 remain'
second_line() { mpirun_line | sed -n 's/^mpirun //; 2p'; }
restarts -- --restarts 5 --hosts a:4,b:4,c:4 HelloWorld
equal 'all hosts answer: all are used' "$(second_line)" \
  "--host a:4,b:4,c:4 --bind-to none -x SEPPO_RELAUNCH=1 $release/HelloWorld"
has 'each host is asked, with a short timeout' "$log" 'ssh -o BatchMode=yes -o ConnectTimeout=5 b true'
restarts FAKE_LOST='b' -- --restarts 5 --hosts a:4,b:4,c:4 HelloWorld
has 'a lost host is left out' "$(second_line)" '--host a:4,c:4 --bind-to'
equal 'a lost host is named' "$(relaunch_lines)" "mpi-run.sh: relaunch 1 of 5: $lost; without b (no answer)"
restarts FAKE_LOST='a b' -- --restarts 5 --hosts a:4,b,b,c:3 -n 9 HelloWorld
has '-n is reduced to the remaining slots' "$(second_line)" '--host c:3 -n 3 --bind'
equal 'a reduced -n: the line says so' "$(relaunch_lines)" "mpi-run.sh: relaunch 1 of 5: $lost; without a b (no answer), so -n 3 instead of 9"
restarts FAKE_LOST=b -- --restarts 5 --hosts a:4,b,b,c:3 -n 7 HelloWorld
has '-n that fits is unchanged' "$(second_line)" '--host a:4,c:3 -n 7 --bind'
restarts FAKE_LOST=b -- --restarts 5 --hosts "b,c,c" -n 3 HelloWorld
has 'a host without a number is one slot each time' "$(second_line)" '--host c,c -n 2 --bind'
restarts FAKE_LOST='a b' -- --restarts 5 --hosts a:4,b:4 HelloWorld
equal 'no host is left: no relaunch' "$status $(launches)" '1 1'
equal 'no host is left: the line says so' "$(relaunch_lines)" \
  "mpi-run.sh: no relaunch: $lost; none of the hosts answers: a b: run the same command when they do"
restarts FAKE_LOST="$(uname -n) localhost 127.0.0.1" -- --restarts 5 --hosts "$(uname -n):4,localhost:2,127.0.0.1" HelloWorld
lacks 'this machine is not asked' "$log" ssh
has 'this machine is used' "$(second_line)" "--host $(uname -n):4,localhost:2,127.0.0.1 --bind"
printf '%s\n' '# ours' 'a slots=4' 'b  max_slots=9 slots = 2 # old' 'c' >"$work/elsewhere/three hosts"
restarts FAKE_LOST=a -- --restarts 5 --hostfile 'three hosts' -n 7 HelloWorld
has 'a host file: a copy without the lost hosts replaces it' "$(second_line)" "/hosts.1 -n 7 --bind"
printf '%s\n' 'a slots=4' 'b  max_slots=9 slots = 2 # old' >"$work/elsewhere/two hosts"
restarts FAKE_LOST=a -- --restarts 5 --hostfile 'two hosts' -n 6 HelloWorld
has 'a host file: its slots limit -n' "$(second_line)" '/hosts.1 -n 2 --bind'
printf '%s\n' a a a b b b >"$work/nodes"
restarts FAKE_LOST=a PBS_JOBID=7 "PBS_NODEFILE=$work/nodes" -- --restarts 5 HelloWorld
has 'PBS: as many ranks as remaining lines' "$(second_line)" '/hosts.1 -n 3 --bind'
stand_in "$machine" agent <<'STUB'
echo "agent $*" >>"$LOG"
cat "${TMPDIR}"/*/hosts.* >>"$LOG" 2>/dev/null
[ "$2" != a ]
STUB
for name in OMPI_MCA_plm_rsh_agent PRTE_MCA_plm_ssh_agent; do
  restarts $name='agent -x : rsh' -- --restarts 5 --hosts a:4,b:4 HelloWorld
  has "$name sets the agent" "$log" 'agent -x a true'
  lacks "$name sets the agent: no other is used" "$log" ssh
  has "$name sets the agent: its answer counts" "$(second_line)" '--host b:4 --bind'
done
job <<'JOB'
cat "$TMPDIR"/*/hosts.* >>"$LOG" 2>/dev/null
[ "$launch" -gt 2 ] || { echo began >"$SEPPO_REPORT"; exit 1; }
JOB
restarts FAKE_LOST=a -- --restarts 5 --hostfile 'three hosts' HelloWorld
has 'the copied host file has the other lines unchanged' "$log" $'# ours\nb  max_slots=9 slots = 2 # old\nc'
equal 'a lost host is not asked again' "$(grep -c ' a true' "$work/log") $(grep -c ' b true' "$work/log")" '1 2'
equal 'lost hosts: no file is left' "$(ls "$work/temporary")" ''

# Nodes of a Slurm job that are lost

slurm_tools="$work/slurm"
stand_in "$slurm_tools" scontrol <<'STUB'
[ "$*" = 'show hostnames n[1-3]' ] && printf '%s\n' n1 n2 n3
STUB
# A node is listed once for each of its partitions.
stand_in "$slurm_tools" sinfo <<'STUB'
echo "sinfo $*" >>"$LOG"
[ -z "${FAKE_NO_SINFO-}" ] || exit 1
printf '%s\n' "n1 ${N1-mixed}" "n1 ${N1-mixed}" "n2 ${N2-allocated}" "n3 ${N3-draining}"
STUB
job <<'JOB'
[ "$launch" -gt 1 ] || { printf '%s\n' began 'checkpoint x.sqlite' 'kept 3' 'items 9' >"$SEPPO_REPORT"; exit 1; }
JOB
# in_slurm [NAME=VALUE...] [-- OPTION...]: like restarts, in a job of three nodes
in_slurm() {
  local settings=()
  while [ $# -gt 0 ] && [ "$1" != -- ]; do settings+=("$1"); shift; done
  [ $# -eq 0 ] || shift
  restarts PATH="$slurm_tools:$four" SLURM_JOB_ID=7 SLURM_NNODES=3 'SLURM_JOB_NODELIST=n[1-3]' SLURM_NTASKS=10 \
    'SLURM_TASKS_PER_NODE=4(x2),2' "${settings[@]}" -- --restarts 5 "$@" HelloWorld
}
in_slurm N1=mixed
equal 'Slurm: all nodes are up or draining: mpirun takes them as before' "$(second_line)" \
  "-n 10 --bind-to none -x SEPPO_RELAUNCH=1 $release/HelloWorld"
has 'Slurm: sinfo is called once' "$log" 'sinfo --noheader --Node --nodes=n1,n2,n3 --format=%N %T'
lacks 'Slurm: ssh is not called' "$log" ssh
for state in down 'down*' drained 'drained*' 'draining*' 'allocated*' fail; do
  in_slurm N1="$state"
  has "Slurm: a node that is $state is left out, with its tasks" "$(second_line)" '--host n2:4,n3:2 -n 6 --bind'
  equal "Slurm: $state: the line names it" "$(relaunch_lines | tail -n 1)" \
    "mpi-run.sh: relaunch 1 of 5: $lost; without n1 (no answer), so -n 6 instead of 10"
done
for state in draining failing idle 'mixed#'; do
  in_slurm N2="$state"
  lacks "Slurm: a node that is $state is not left out" "$(second_line)" --host
done
in_slurm N2=down -- -n 3
has 'Slurm: -n that fits is unchanged' "$(second_line)" '--host n1:4,n3:2 -n 3 --bind'
in_slurm N2=down SLURM_TASKS_PER_NODE=
has 'Slurm: unreadable tasks: the same number of ranks on each' "$(second_line)" '--host n1:3,n3:3 -n 6 --bind'
in_slurm N2=down SLURM_TASKS_PER_NODE=what -- -n 2
has 'Slurm: at least one rank on each' "$(second_line)" '--host n1:1,n3:1 -n 2 --bind'
in_slurm N1=down N2=down N3=down
equal 'Slurm: no node is left: no relaunch' "$status $(launches) $(grep -c 'none of the hosts answers: n1 n2 n3:' "$work/err")" '1 1 1'
in_slurm N1=down FAKE_NO_SINFO=1
equal 'Slurm: without sinfo all nodes are used' "$status $(launches) $(second_line | grep -c -e --host)" '0 2 0'
restarts SLURM_JOB_ID=7 SLURM_NNODES=3 SLURM_NTASKS=10 -- --restarts 5 HelloWorld
equal 'Slurm: without scontrol all nodes are used' "$status $(launches) $(second_line | grep -c -e --host)" '0 2 0'
in_slurm N1=down FAKE_LOST=b -- --hosts a:4,b:4
has 'Slurm: hosts given by --hosts are asked as usual' "$(second_line)" '--host a:4 --bind'
job <<'JOB'
[ "$launch" -gt 2 ] || { echo began >"$SEPPO_REPORT"; exit 1; }
JOB
in_slurm N2=down
has 'Slurm: a lost node is not asked again' "$log" 'sinfo --noheader --Node --nodes=n1,n3 --format'
equal 'Slurm: the other nodes are used again' "$status $(launches) $(grep -c -e '--host n1:4,n3:2 -n 6' "$work/log")" '0 3 2'
lacks 'Slurm: a lost node is not asked by ssh' "$log" ssh

# Usage errors

for value in 0 00 x '' -4 2.5 12345678901 99999999999999999999; do
  run -- -n "$value" HelloWorld
  refused "-n '$value'" 2 "not '$value'; for example: ./mpi-run.sh -n 4"
done
for value in 0 00 x '' -4 2.5 12345678901 99999999999999999999; do
  run -- --threads "$value" HelloWorld
  refused "--threads '$value'" 2 "of threads from 1 to 999999, not '$value'; for example: ./mpi-run.sh --threads 4"
  run -- --threads="$value" HelloWorld
  refused "--threads='$value'" 2 "of threads from 1 to 999999, not '$value'; for example: ./mpi-run.sh --threads 4"
done
run -- --threads
refused '--threads at the end' 2 '--threads needs a value; for example:'
run -- --threads HelloWorld
refused '--threads without its number' 2 "not 'HelloWorld'"
run -- --threads 2 --threads=2 HelloWorld
refused '--threads twice' 2 '--threads is given twice'
run -- -n
refused '-n at the end' 2 '-n needs a value; for example:'
has '-n at the end: the message has an example' "$err" '-n 4, --threads 4, '
run -- -n HelloWorld
refused '-n without its number' 2 "not 'HelloWorld'"
for value in 0 x '' -4 2.5; do
  run -- --restarts "$value" HelloWorld
  refused "--restarts '$value'" 2 "of restarts from 1 to 999999, not '$value'; for example: ./mpi-run.sh --restarts 4"
done
run -- --restarts 2 --restarts=3 HelloWorld
refused '--restarts twice' 2 '--restarts is given twice'
run -- --restarts
refused '--restarts at the end' 2 '--restarts needs a value; for example:'
run -- -n 2 -n 3 HelloWorld
refused '-n twice' 2 '-n is given twice'
run -- -n 2
refused 'no program after the options' 2 'no program was named'
run -- --verbose HelloWorld
refused 'unknown option' 2 "unknown option '--verbose'; the options are -n N"
run -- --hosts a --hostfile 'my hosts' HelloWorld
refused '--hosts and --hostfile' 2 'one --hosts or one --hostfile'
run -- --hostfile 'my hosts' --hosts a HelloWorld
refused '--hostfile and --hosts' 2 'one --hosts or one --hostfile'
run -- --hosts a --hosts b HelloWorld
refused '--hosts twice' 2 'the hosts are given twice'
run -- --hosts --debug HelloWorld
refused '--hosts without its value' 2 "--hosts takes names without spaces, not '--debug'"
run -- --hostfile none HelloWorld
refused 'no such host file' 2 "the host file 'none' cannot be read; write one"
run -- --hostfile "$work" HelloWorld
refused 'a folder as host file' 2 'cannot be read'
run -- -n 2 test
refused 'options before test' 2 'type: ./mpi-run.sh test'
run -- setup now
refused 'setup with more' 2 'type: ./mpi-run.sh setup'
for words in 'docs --open' 'docs one two'; do
  # shellcheck disable=SC2086 # two words or three
  run -- $words
  refused "$words" 2 'type: ./mpi-run.sh docs [FOLDER]'
done
run -- Nonsense
refused 'unknown program' 2 "no program 'Nonsense'"
equal 'unknown program: all names are listed, once each' "${err##*: }" 'HelloWorld Primes Hidden Sweep'
run -- helloworld
refused 'different case: did you mean' 2 'did you mean HelloWorld?'
run -- .build/release/HelloWorld
refused 'a path: did you mean' 2 'did you mean HelloWorld?'
for name in CommentedOut Library '' 'Hello.*' -- ; do
  run -- -- "$name"
  refused "no program: '$name'" 2 "no program '$name'"
done
run "PATH=$tools" -- Nonsense
refused 'arguments are checked before the installation' 2 'no program'
launcher="$original/mpi-run.sh"
run -- Nonsense
refused 'unknown program in the real checkout' 2 'one of these: '
for example in HelloWorld WordCount Primes; do
  has "the real checkout has $example" " ${err##*these:} " " $example "
done
unset launcher

# build, test, docs, setup

run -- test --filter 'Some Suite' --parallel
has 'test: swift test gets its options' "$(swift_line)" '--filter Some Suite --parallel'
has 'test: options are unchanged' "$log" "swift's words: 14"
has 'test: swift test gets our flags' "$(swift_line)" "swift test --package-path $checkout --scratch-path $checkout/.build -Xlinker -rpath"
has 'test: only what tests need is built' "$(swift_line)" '--test-product SeppoPackageTests'
run FAKE_BUILD_FAILS=1 -- test
equal 'test: swift'\''s status' "$status" 9
run -- build
has 'build works without options' "$(swift_line)" "swift build --package-path $checkout"
for form in '--scratch-path other' --scratch-path=other; do
  # shellcheck disable=SC2086 # two words
  run -- build $form
  has "build $form: the .pc file is there too" "$log" "pc-path $work/elsewhere/other/mpi"
done
stand_in "$checkout/Tools" docs.sh <<'STUB'
echo "$# <$*> $SWIFTPM_BUILD_DIR"
STUB
run -- docs 'my site'
equal 'docs: the script gets the folder, and that of the build' "$out" "1 <my site> $checkout/.build"
has 'docs: the modules are built' "$log" '--target SeppoCheckpoint'
run -- docs
equal 'docs works without a folder' "$out" "0 <> $checkout/.build"
run FAKE_BUILD_FAILS=1 -- docs
equal 'docs: swift'\''s status' "$status$out" 9
run -- setup
equal 'setup: status 0' "$status" 0
has 'setup: lists what is installed' "$err" "Open MPI 4.1.4 ($work/mpi4/bin/mpicc, $work/mpi4/bin/mpirun)"
equal 'setup: starts nothing' "$log$out" ''

# Another MPI

run -- HelloWorld
touch "$checkout/.build/triple/release/old.o" "$pc.same"
run -- HelloWorld
equal 'the same MPI: nothing is rebuilt' "$(ls "$checkout/.build/triple/release")" $'ModuleCache\nold.o'
equal 'the same MPI: the .pc file is not rewritten' "$(find "$pc" -newer "$pc.same")" ''
five="$work/mpi5/bin:$four"
run "PATH=$five" -- -n 5 HelloWorld
equal 'another MPI: the old build is removed' "$(ls "$checkout/.build/triple/release")" ModuleCache
has 'another MPI: a message says so' "$err" "rebuilding everything for Open MPI 5.0.11 ($work/mpi5/bin/mpicc)"
has 'another MPI: the .pc file has its headers' "$(cat "$pc")" "Cflags: -I$work/mpi5/include"
has 'another MPI: its library is used' "$(swift_line)" "-rpath -Xlinker $work/mpi5/real"
has 'another MPI: its mpirun is used' "$(mpirun_line)" '--oversubscribe -n 5'
run "PATH=$five" -- setup
has 'another MPI: setup names it' "$err" "$work/mpi5/bin/mpirun)"
open_mpi "$work/alone" 4.1.4
mv "$work/alone/bin/mpirun" "$work/alone/mpirun"
run "PATH=$work/alone/bin:$four" -- setup
has 'no mpirun beside mpicc: the first on the PATH is used' "$err" "$work/mpi4/bin/mpirun)"
run "PATH=$work/alone/bin:$work/mpi5/bin:$four" -- HelloWorld
refused 'an mpirun of another MPI' 3 "mpi5/bin/mpirun does not belong to $work/alone/bin/mpicc"
open_mpi "$work/headless" 4.1.4
rm "$work/headless/include/mpi.h"
run "PATH=$work/headless/bin:$four" -- HelloWorld
if [ -e /usr/include/mpi.h ]; then
  echo "skip  no mpi.h: this machine has one in /usr/include"
else
  refused 'no mpi.h' 3 'lists no folder with mpi.h'
fi
open_mpi "$work/hollow" 4.1.4
rm "$work/hollow/lib/libmpi.so"
run "PATH=$work/hollow/bin:$four" -- HelloWorld
refused 'no library' 3 'lists no folder with the MPI library'
stand_in "$work/mpich" mpicc <<'STUB'
echo "gcc: error: unrecognized command-line option '$1'" >&2
exit 1
STUB
run "PATH=$work/mpich:$four" -- HelloWorld
refused 'MPICH first' 3 "$work/mpich/mpicc, first on the PATH, is not Open MPI's"

# What is missing

for version in 6.1.2 5.10; do
  run FAKE_SWIFT="Swift version $version (swift-RELEASE)" -- HelloWorld
  refused "Swift $version" 3 "which is too old: install Swift 6.2 or newer, see https://www.swift.org/install/"
done
for version in 6.2 6.10-dev 7.0; do
  run FAKE_SWIFT="Apple Swift version $version (swiftlang)" -- setup
  equal "Swift $version is accepted" "$status" 0
done
run FAKE_SWIFT='python-swiftclient 4.1.0' -- HelloWorld
refused 'another swift' 3 'is not a working Swift compiler'
run "PATH=$work/mpi4/bin:$tools" -- HelloWorld
refused 'no Swift' 3 'install Swift 6.2 or newer, see https://www.swift.org/install/'

run "PATH=$machine:$tools" FAKE_UID=0 -- HelloWorld
equal 'no MPI, no apt: status 3' "$status" 3
for part in 'mpicc is not on the PATH' 'sudo apt-get install libopenmpi-dev openmpi-bin pkg-config' \
  'sudo dnf install openmpi-devel' 'brew install open-mpi' 'module load openmpi'; do
  has "no MPI, no apt: the message has '$part'" "$err" "$part"
done
equal 'no MPI, no apt: nothing is started' "$log" ''

# The apt-get stub installs into $late, which is on the PATH.
late="$work/late"
debian="$late:$work/apt:$machine:$tools"
stand_in "$work/apt" apt-get <<STUB
echo "apt-get \${DEBIAN_FRONTEND-} \$*" >>"\$LOG"
echo 'chatter of apt-get'
case "\$* " in
  *' update '*) exit "\${FAKE_UPDATE_STATUS-0}" ;;
  *' install '*) [ -z "\${FAKE_APT_FAILS-}" ] || exit 100; mkdir -p "$late"
    case "\$*" in *libsqlite3-dev*) : >"$late/sqlite3.h"; exit ;; esac
    cp "$work"/mpi4/bin/* "$late" ;;
esac
STUB
stand_in "$work/sudo" sudo <<'STUB'
echo "sudo $*" >>"$LOG"
[ "$1" = -n ] && [ -z "${FAKE_PASSWORD-}" ] || exit 1
shift
exec "$@"
STUB
apt_lines() { sed -n 's/^apt-get //p' "$work/log"; }

run "PATH=$debian" FAKE_UID=0 -- -n 2 HelloWorld
equal 'root and apt: update, then install' "$(apt_lines)" "noninteractive -o DPkg::Lock::Timeout=300 update
noninteractive -o DPkg::Lock::Timeout=300 install --yes --no-install-recommends libopenmpi-dev openmpi-bin pkg-config"
equal 'root and apt: one line says so' "$(grep -c install <<<"$err")" 1
lacks 'root and apt: apt-get'\''s output is hidden' "$err$out" chatter
has 'root and apt: then the program runs' "$(mpirun_line)" "$release/HelloWorld"
run "PATH=$debian" FAKE_UID=0 -- setup
equal 'installed: nothing is installed again' "$log" ''
rm -r "$late"
run "PATH=$debian" FAKE_UID=0 FAKE_UPDATE_STATUS=100 -- setup
equal 'update fails: install is tried nevertheless' "$status" 0
rm -r "$late"
run "PATH=$debian" FAKE_UID=0 FAKE_APT_FAILS=1 -- setup
equal 'install fails: status 3' "$status" 3
has 'install fails: apt-get'\''s output is shown' "$err" chatter
has 'install fails: the message says what to do' "$err" 'apt-get failed, see above; install Open MPI, then run the same command again:'
run "PATH=$debian" -- setup
equal 'neither root nor sudo: status 3' "$status" 3
has 'neither root nor sudo: a message says so' "$err" 'needs apt-get and root or password-less sudo'
equal 'neither root nor sudo: apt-get is not started' "$log" ''
run "PATH=$work/sudo:$debian" FAKE_PASSWORD=1 -- setup
equal 'sudo needs a password: status 3' "$status" 3
has 'sudo needs a password: a message says so' "$err" 'needs apt-get and root or password-less sudo'
equal 'sudo needs a password: apt-get is not started' "$(apt_lines)" ''
run "PATH=$work/sudo:$debian" -- setup
equal 'sudo without password: status 0' "$status" 0
has 'sudo without password: it is used to install' "$log" 'sudo -n env DEBIAN_FRONTEND=noninteractive apt-get'
run "PATH=$debian" -- HelloWorld
has 'an MPI without pkg-config suffices' "$(mpirun_line)" "$release/HelloWorld"

# What SeppoCheckpoint needs

rm -r "$late"
debian="$four:$work/apt"
for words in Sweep build test; do
  run "PATH=$debian" FAKE_UID=0 FAKE_NO_SQLITE=1 -- "$words"
  equal "no sqlite3.h: $words installs it" "$(apt_lines)" "noninteractive -o DPkg::Lock::Timeout=300 update
noninteractive -o DPkg::Lock::Timeout=300 install --yes --no-install-recommends libsqlite3-dev"
  has "no sqlite3.h: $words: a message says so" "$err" 'installing SQLite with apt-get: libsqlite3-dev'
  has "no sqlite3.h: $words then builds" "$(swift_line)" '--package-path'
  rm -r "$late"
  run "PATH=$debian" FAKE_UID=0 -- "$words"
  equal "with sqlite3.h: $words installs nothing" "$(apt_lines)" ''
done
for words in HelloWorld 'build --product HelloWorld' 'build --target=Library' setup; do
  # shellcheck disable=SC2086 # words
  run "PATH=$debian" FAKE_UID=0 FAKE_NO_SQLITE=1 -- $words
  equal "no sqlite3.h: no matter for $words" "$status $(apt_lines)" '0 '
done
run FAKE_NO_SQLITE=1 -- Sweep
equal 'no sqlite3.h, no apt: status 3' "$status" 3
for part in 'sqlite3.h is missing' 'sudo apt-get install libsqlite3-dev' 'sudo dnf install sqlite-devel' xcode-select; do
  has "no sqlite3.h, no apt: the message has '$part'" "$err" "$part"
done
equal 'no sqlite3.h, no apt: nothing is started' "$log" ''
run "PATH=$debian" FAKE_UID=0 FAKE_NO_SQLITE=1 FAKE_APT_FAILS=1 -- Sweep
has 'no sqlite3.h, apt-get fails: the message says what to do' "$err" 'apt-get failed, see above; install it, then run the same command again:'
stand_in "$work/pkg-config" pkg-config <<'STUB'
[ "$*" = '--exists sqlite3' ]
STUB
run "PATH=$four:$work/pkg-config" FAKE_NO_SQLITE=1 -- Sweep
has 'sqlite3.h is found by pkg-config' "$(mpirun_line)" "$release/Sweep"

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
