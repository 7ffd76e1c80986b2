#!/usr/bin/env bash
# Tests mpi-run.sh with stand-ins for everything it starts: nothing is built, installed or launched.
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

# The only tools there are, so that nothing of the machine's is used unseen

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
  # Like the real ones it reads on in the program's arguments.
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

# refused NAME STATUS PART: ends so, says so in one or two lines of its own, and starts nothing
refused() {
  local strangers
  strangers=$(grep -vc '^mpi-run.sh: ' <<<"$err" || true)
  if [ "$status" -eq "$2" ] && [ "$strangers" -eq 0 ] && [ "$(wc -l <"$work/err")" -le 2 ] && [ -z "$out$log" ]; then
    has "$1" "$err" "$3"
  else
    verdict no "$1" "status $2, one or two lines of mpi-run.sh with '$3', nothing started"
  fi
}

# But for what each has, which is looked at by itself.
mpirun_line() { grep '^mpirun ' "$work/log" | sed -E 's/ --(prte)?mca odls_base_signal_direct_children_only 1//' || true; }
signals_given() { grep -Eo -e '--[a-z]+ odls_base_signal_direct_children_only 1' "$work/log" || true; }
swift_line() { grep '^swift ' "$work/log" || true; }

release="$checkout/.build/release"
pc="$checkout/.build/mpi/ompi-c.pc"

# Help

run
equal 'no arguments: status 2' "$status" 2
has 'no arguments: help on stderr' "$err" 'Usage: ./mpi-run.sh'
equal 'no arguments: nothing on stdout' "$out" ''
run -- --help
equal '--help: status 0' "$status" 0
has '--help: has an example' "$out" './mpi-run.sh -n 4 '
equal '--help: at most 24 lines of 80' "$(awk 'length > 80 || NR > 24' <<<"$out")" ''
run -- -n 2 -h
has '-h after another option' "$out" 'Usage: ./mpi-run.sh'

# A program

input='standard input' run -- -n 2 HelloWorld -n 7 --debug '' 'two  words' : --bind-to '*' '=x' "it's"
equal 'the program'\''s arguments, folder and standard input are its own, and stdout is its alone' \
  "$out" "in $work/elsewhere"$'\n'"<-n><7><--debug><><two  words><:><--bind-to><*><=x><it's>"$'\nstandard input'
has 'build output is on stderr' "$err" 'Building, says swift'
run -- -n 2 HelloWorld one '' 'two  words'
equal 'mpirun gets the ranks and the program' "$(mpirun_line)" \
  "mpirun -n 2 --bind-to none $release/HelloWorld one  two  words"
has 'arguments without dashes too' "$out" '<one><><two  words>'
equal 'a signal is for the ranks, not for what they run' "$(signals_given)" '--mca odls_base_signal_direct_children_only 1'
run -- HelloWorld a : b
has 'a colon alone' "$out" '<a><:><b>'
lacks 'no flag without need' "$err" 'passing'
has 'swift builds the product, for release' "$(swift_line)" '-c release --product HelloWorld'
has 'swift gets the checkout' "$(swift_line)" "--package-path $checkout --scratch-path $checkout/.build "
has 'swift gets the folder where the library really is' "$(swift_line)" "-Xlinker -rpath -Xlinker $work/mpi4/real"
has 'our .pc file comes first' "$log" "pc-path $checkout/.build/mpi"
run PKG_CONFIG_PATH=/other -- HelloWorld
has 'the caller'\''s PKG_CONFIG_PATH comes after it' "$log" "pc-path $checkout/.build/mpi:/other"
equal 'the .pc file has -I, -L and -l only, and no /usr/include' "$(grep -E '^(Cflags|Libs)' "$pc")" \
  "Cflags: -I$work/mpi4/include"$'\n'"Libs: -L$work/mpi4/none -L$work/mpi4/lib -lmpi -lopen-pal"
run -- --debug HelloWorld
has '--debug: swift builds for debugging' "$(swift_line)" '-c debug --product HelloWorld'
has '--debug: mpirun gets that build' "$(mpirun_line)" "$checkout/.build/debug/HelloWorld"
run -- Hidden
has 'an executable target outside Examples' "$(mpirun_line)" "$release/Hidden"
run -- -- HelloWorld -- x
has '-- before the program' "$(mpirun_line)" "=$release/HelloWorld =-- =x"
run FAKE_EXIT=7 -- HelloWorld
equal 'the exit status is the program'\''s' "$status" 7
run FAKE_BUILD_FAILS=1 -- HelloWorld
equal 'a failed build: swift'\''s status' "$status" 9
equal 'a failed build: nothing is launched' "$(mpirun_line)" ''
launcher="$work/outer link"
ln -s link "$launcher"
ln -s "$script" "$work/link"
run -- HelloWorld
has 'through symbolic links' "$(mpirun_line)" "$release/HelloWorld"
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
has 'no -n: one rank a core' "$(mpirun_line)" 'mpirun -n 4 '
run OMP_NUM_THREADS=1 -- HelloWorld
has 'no -n: OMP_NUM_THREADS does not count' "$(mpirun_line)" 'mpirun -n 4 '
for form in '-n 5' -n5 -n=5 --n=5 '-np 5' '-n 005'; do
  # shellcheck disable=SC2086 # two words
  run -- $form HelloWorld
  equal "$form: oversubscribes 4 cores" "$(mpirun_line)" \
    "mpirun --oversubscribe -n 5 --bind-to none $release/HelloWorld"
done
has 'and says so' "$err" '5 ranks share 4 core(s): passing --oversubscribe'
run FAKE_CORES=2 -- -n 3 HelloWorld
has 'hyper-threads are no cores to mpirun' "$(mpirun_line)" '--oversubscribe -n 3'
run FAKE_UID=0 -- HelloWorld
has 'root: --allow-run-as-root' "$(mpirun_line)" 'mpirun --allow-run-as-root '
has 'root: says so' "$err" 'running as root: passing --allow-run-as-root'
run OMPI_MCA_hwloc_base_binding_policy=core -- HelloWorld
lacks 'the caller'\''s own binding is left alone' "$(mpirun_line)" --bind-to
for form in '--hosts a:40,b:40' --hosts=a:40,b:40; do
  # shellcheck disable=SC2086 # two words
  run SLURM_JOB_ID=1 SLURM_NTASKS=8 -- $form HelloWorld
  equal "$form: all their slots" "$(mpirun_line)" "mpirun --host a:40,b:40 --bind-to none $release/HelloWorld"
done
run -- --hosts a:40 -n 30 HelloWorld
has '--hosts with -n: no --oversubscribe' "$(mpirun_line)" 'mpirun --host a:40 -n 30 --bind'
echo 'a slots=40' >"$work/elsewhere/my hosts"
run -- --hostfile 'my hosts' HelloWorld
has '--hostfile' "$(mpirun_line)" 'mpirun --hostfile my hosts --bind'
run -- --hostfile='my hosts' HelloWorld
has '--hostfile=' "$(mpirun_line)" 'mpirun --hostfile my hosts --bind'

# Threads

run -- --threads 2 HelloWorld
equal '--threads: all ranks are told, and fill the cores' "$(mpirun_line)" \
  "mpirun -n 2 -x SEPPO_THREADS=2 --bind-to none $release/HelloWorld"
lacks '--threads: nothing is said where there are cores for all' "$err" share
for form in --threads=2 '--threads 002'; do
  # shellcheck disable=SC2086 # two words
  run -- $form HelloWorld
  has "$form" "$(mpirun_line)" 'mpirun -n 2 -x SEPPO_THREADS=2 --bind'
done
run -- --threads 1 HelloWorld
has '--threads 1' "$(mpirun_line)" 'mpirun -n 4 -x SEPPO_THREADS=1 --bind'
run -- --threads 3 HelloWorld
has '--threads that do not divide the cores: no more than these' "$(mpirun_line)" 'mpirun -n 1 -x SEPPO_THREADS=3 --bind'
run -- --threads 9 HelloWorld
has '--threads beyond the cores: one rank' "$(mpirun_line)" 'mpirun -n 1 -x SEPPO_THREADS=9 --bind'
has 'and says so' "$err" '1 rank(s) of 9 threads share 4 core(s)'
for form in '-n 3 --threads 2' '--threads 2 -n 3'; do
  # shellcheck disable=SC2086 # four words
  run -- $form HelloWorld
  has "$form" "$(mpirun_line)" 'mpirun -n 3 -x SEPPO_THREADS=2 --bind'
  has "$form: says what they share" "$err" '3 rank(s) of 2 threads share 4 core(s)'
done
run -- -n 5 --threads 2 HelloWorld
has '--threads and more ranks than cores' "$(mpirun_line)" 'mpirun --oversubscribe -n 5 -x SEPPO_THREADS=2 --bind'
equal '--threads and more ranks than cores: said in one line' "$(grep -c share <<<"$err")" 1
run FAKE_CORES=2 -- --threads 2 HelloWorld
has '--threads: hyper-threads count, as without it' "$(mpirun_line)" 'mpirun -n 2 -x SEPPO_THREADS=2 --bind'
run SEPPO_THREADS=3 -- --threads 2 HelloWorld
has '--threads comes before SEPPO_THREADS' "$(mpirun_line)" '-x SEPPO_THREADS=2 '
run SEPPO_THREADS=3 -- HelloWorld
has 'SEPPO_THREADS alone stays the program'\''s' "$(mpirun_line)" 'mpirun -n 4 --bind'
run OMPI_MCA_hwloc_base_binding_policy=core -- --threads 2 HelloWorld
equal '--threads: the caller'\''s own binding is left alone' "$(mpirun_line)" \
  "mpirun -n 2 -x SEPPO_THREADS=2 $release/HelloWorld"
run -- --hosts a:40,b:40 --threads 8 HelloWorld
has '--threads with --hosts: all their slots' "$(mpirun_line)" 'mpirun --host a:40,b:40 -x SEPPO_THREADS=8 --bind-to none '
run -- --hostfile 'my hosts' -n 4 --threads 8 HelloWorld
has '--threads with --hostfile' "$(mpirun_line)" 'mpirun --hostfile my hosts -n 4 -x SEPPO_THREADS=8 --bind-to none '
run "PATH=$work/mpi5/bin:$four" -- --threads 2 HelloWorld
has '--threads: the same with Open MPI 5' "$(mpirun_line)" 'mpirun -n 2 -x SEPPO_THREADS=2 --bind-to none '
equal 'a signal is for the ranks: the same with Open MPI 5' "$(signals_given)" '--prtemca odls_base_signal_direct_children_only 1'
run -- HelloWorld
lacks 'no --threads: no -x' "$(mpirun_line)" -x
run -- HelloWorld --threads 2
has '--threads after the program is its own' "$out" '<--threads><2>'
lacks '--threads after the program: no -x' "$(mpirun_line)" -x

# Allocations

run SLURM_JOB_ID=42 SLURM_NTASKS=96 SLURM_NNODES=3 -- HelloWorld
has 'Slurm: its ranks, and no flag for hosts or oversubscription' "$(mpirun_line)" 'mpirun -n 96 --bind'
has 'Slurm: says so' "$err" 'in Slurm job 42: 96 ranks on 3 node(s)'
run SLURM_JOB_ID=42 SLURM_NNODES=3 -- HelloWorld
has 'Slurm without a number of tasks: mpirun knows' "$(mpirun_line)" 'mpirun --bind'
run SLURM_JOB_ID=42 SLURM_NTASKS=96 -- -n 9 HelloWorld
has 'Slurm with -n' "$(mpirun_line)" 'mpirun -n 9 --bind'
slurm=(SLURM_JOB_ID=42 SLURM_NTASKS=12 SLURM_NNODES=3 SLURM_CPUS_PER_TASK=8)
run "${slurm[@]}" -- HelloWorld
has 'Slurm'\''s --cpus-per-task: so many threads' "$(mpirun_line)" 'mpirun -n 12 -x SEPPO_THREADS=8 --bind-to none '
has 'Slurm'\''s --cpus-per-task: says so' "$err" 'in Slurm job 42: 12 ranks of 8 thread(s) on 3 node(s)'
run "${slurm[@]}" -- --threads 1 HelloWorld
has 'Slurm with --threads' "$(mpirun_line)" 'mpirun -n 12 -x SEPPO_THREADS=1 --bind'
run "${slurm[@]}" SEPPO_THREADS=2 -- HelloWorld
has 'Slurm with SEPPO_THREADS' "$(mpirun_line)" 'mpirun -n 12 -x SEPPO_THREADS=2 --bind'
run "${slurm[@]}" -- --hosts a:4 HelloWorld
lacks 'Slurm'\''s --cpus-per-task is for its hosts' "$(mpirun_line)" -x
run SLURM_CPUS_PER_TASK=8 -- HelloWorld
lacks 'Slurm'\''s --cpus-per-task is for its jobs' "$(mpirun_line)" -x
run SLURM_JOB_ID=42 -- HelloWorld
has 'a job number alone is no allocation' "$(mpirun_line)" 'mpirun -n 4 '
printf '%s\n' a a a b b b >"$work/nodes"
run PBS_JOBID=7.server "PBS_NODEFILE=$work/nodes" -- HelloWorld
has 'PBS: its ranks and hosts' "$(mpirun_line)" "mpirun --hostfile $work/nodes -n 6 --bind"
has 'PBS: says so' "$err" 'in PBS job 7.server: 6 ranks on 2 node(s)'
run PBS_JOBID=7.server "PBS_NODEFILE=$work/nodes" -- -n 2 HelloWorld
has 'PBS with -n: still its hosts' "$(mpirun_line)" "mpirun --hostfile $work/nodes -n 2 --bind"
run PBS_JOBID=7.server "PBS_NODEFILE=$work/nodes" -- --threads 2 HelloWorld
has 'PBS with --threads: its ranks' "$(mpirun_line)" "mpirun --hostfile $work/nodes -n 6 -x SEPPO_THREADS=2 --bind"
run PBS_JOBID=7.server "PBS_NODEFILE=$work/none" -- HelloWorld
has 'PBS without a node file: this machine' "$(mpirun_line)" 'mpirun -n 4 --bind'

# Restarts

# job: what the ranks do, in bash, from standard input; $launch says which launch this is
job() { { echo "launch=\$(grep -c '^mpirun ' \"\$LOG\")"; cat; } >"$work/job"; }
# restarts [NAME=VALUE...] [-- ARGUMENT...]: runs that job
restarts() { run FAKE_JOB="$work/job" TMPDIR="$work/temporary" "$@"; }
launches() { grep -c '^mpirun ' "$work/log" || true; }
relaunch_lines() { grep -v '^Building' "$work/err" || true; }
mkdir "$work/temporary"

input='standard input' run TMPDIR="$work/temporary" -- --restarts 2 -n 2 HelloWorld -n 7 '' 'two  words' : "it's"
equal '--restarts: arguments, folder, standard input and stdout as without it' "$out" \
  "in $work/elsewhere"$'\n'"<-n><7><><two  words><:><it's>"$'\nstandard input'
equal '--restarts: status 0 is the end' "$status $(launches) $(relaunch_lines)" '0 1 '
equal '--restarts: the command line is the same' "$(run -- -n 2 HelloWorld; mpirun_line)" \
  "$(run TMPDIR="$work/temporary" -- --restarts 3 -n 2 HelloWorld; mpirun_line)"
run FAKE_EXIT=7 TMPDIR="$work/temporary" -- --restarts=2 HelloWorld
equal '--restarts: where no report says otherwise, a status below 128 is the program'\''s' "$status $(launches)" '7 1'

job <<'JOB'
echo "the program's word" >&2
JOB
restarts -- --restarts 2 HelloWorld
has '--restarts: stderr is the program'\''s too' "$err" "the program's word"

# The first launch has a process that has died, of which nobody takes note, and, if $LIVES, one that hasn't.
job <<'JOB'
if [ "$launch" -eq 1 ]; then
  printf '%s\n' began 'checkpoint fits.sqlite' 'items 1000' 'kept 812' >"$SEPPO_REPORT"
  sleep 0.5 &
  [ -z "${LIVES-}" ] || sleep 30 &
  exec sleep "${LASTS-15}"
fi
JOB
restarts -- --restarts 5 -n 2 HelloWorld
equal 'an mpirun that hangs when its ranks are gone is ended' "$status $(launches) $(relaunch_lines)" \
  "0 2 mpi-run.sh: relaunch 1 of 5: all ranks were gone, and mpirun hung; fits.sqlite keeps 812 of 1000 items, 188 remain"
restarts LIVES=yes -- --restarts 5 -n 2 HelloWorld
equal 'one that has a rank left is waited for' "$status $(launches) $(relaunch_lines)" '0 1 '
restarts LASTS=4 -- --restarts 5 -n 2 HelloWorld
equal 'one that takes its time to notice is waited for' "$status $(launches) $(relaunch_lines)" '0 1 '

job <<'JOB'
[ "$launch" -gt 1 ] || { printf '%s\n' began 'checkpoint fits.sqlite' 'kept 8' 'items 1000' 'kept 812' >"$SEPPO_REPORT"; exit "$DIES"; }
echo "relaunch ${SEPPO_RELAUNCH-none}, report of $(wc -c <"$SEPPO_REPORT")"
JOB
for death in '137 a rank was killed (SIGKILL)' '143 a rank was killed (SIGTERM)' '139 a rank crashed (SIGSEGV)' \
  '134 a rank crashed (SIGABRT)' '132 a rank crashed (SIGILL)' '75 the job was asked to stop (status 75)' \
  '1 a rank or host was lost (status 1)' '255 a rank or host was lost (status 255)'; do
  restarts DIES="${death%% *}" -- --restarts 5 -n 2 HelloWorld
  equal "status ${death%% *}: launched again, and one line says so" "$status $(launches) $(relaunch_lines)" \
    "0 2 mpi-run.sh: relaunch 1 of 5: ${death#* }; fits.sqlite keeps 812 of 1000 items, 188 remain"
done
has 'the second launch finds no report of the first' "$out" 'report of 0'
equal 'the relaunch is told its number' "$(mpirun_line)" "mpirun -n 2 --bind-to none $release/HelloWorld
mpirun -n 2 --bind-to none -x SEPPO_RELAUNCH=1 $release/HelloWorld"
restarts DIES=137 SEPPO_RELAUNCH=8 -- --restarts 5 -n 2 HelloWorld
has 'SEPPO_RELAUNCH of an outer one is not for this' "$out" 'relaunch none'
restarts DIES=137 -- --restarts 5 -n 8 HelloWorld
equal 'in a relaunch what was said at first is not said again' "$(grep -c oversubscribe "$work/err")" 1
equal 'and is done' "$(grep -c oversubscribe "$work/log")" 2
restarts DIES=137 FAKE_UID=0 -- --restarts 5 -n 2 HelloWorld
equal 'as root' "$(grep -c -e --allow-run-as-root "$work/log") $(grep -c 'running as root' "$work/err")" '2 1'
equal 'a job that dies at once: a moment passes' "$(grep -c '^sleep 1$' "$work/log")" 1
job <<'JOB'
[ "$launch" -gt 1 ] || { sleep 2.1; exit 137; }
JOB
restarts -- --restarts 5 HelloWorld
equal 'a job that ran for a while: none does' "$(grep -c '^sleep 1$' "$work/log") $(launches)" '0 2'
has 'no report, killed: launched again' "$err" \
  'relaunch 1 of 5: a rank was killed (SIGKILL); how much is kept is not known here'

for word in error well whatever; do
  for ending in 1 75 137 200; do
    job <<JOB
printf '%s\n' began 'checkpoint x.sqlite' 'ended $word' >"\$SEPPO_REPORT"; exit $ending
JOB
    restarts -- --restarts 5 HelloWorld
    equal "ended $word, then status $ending: the end" "$status $(launches) $(relaunch_lines)" "$ending 1 "
  done
done
job <<'JOB'
printf '%s\n' began 'checkpoint x.sqlite' 'kept 3' 'items 9' 'ended deadline' >"$SEPPO_REPORT"
exit 75
JOB
restarts -- --restarts 5 HelloWorld
equal 'its time is over: no relaunch' "$status $(launches)" '75 1'
equal 'its time is over: one line says so' "$(relaunch_lines)" \
  "mpi-run.sh: no relaunch: the job's time is over; x.sqlite keeps 3 of 9 items, 6 remain: submit the same again to go on"
job <<'JOB'
echo began >"$SEPPO_REPORT"
[ "$launch" -gt 1 ] || exit 137
printf '%s\n' 'checkpoint x.sqlite' 'ended deadline' >>"$SEPPO_REPORT"
exit 75
JOB
restarts -- --restarts 1 HelloWorld
equal 'its time is over in the last relaunch: nothing is said to be used up' \
  "$status $(launches) $(grep -c 'time is over' "$work/err") $(grep -c 'used up' "$work/err")" '75 2 1 0'
job <<'JOB'
echo began >"$SEPPO_REPORT"; exit 137
JOB
restarts -- --restarts 2 HelloWorld
equal 'the relaunches are used up: the last status' "$status $(launches)" '137 3'
equal 'the relaunches are used up: says so' "$(tail -n 1 "$work/err")" "mpi-run.sh: all 2 relaunches are used up: \
a rank was killed (SIGKILL); the program has no checkpoint yet: it starts anew: see why it dies, then type the same to go on"
equal 'and each relaunch its line before' "$(grep -c '^mpi-run.sh: relaunch [12] of 2: ' "$work/err")" 2
job <<'JOB'
[ "$launch" -gt 1 ] || { printf '%s\n' began 'checkpoint a b.sqlite' >"$SEPPO_REPORT"; exit 137; }
exit 1
JOB
restarts -- --restarts 5 HelloWorld
equal 'a relaunch that does not begin: its status is the end' "$status $(launches)" '1 2'
has 'a checkpoint whose items are not known yet' "$err" '; a b.sqlite keeps what was stored'
equal 'no file is left behind' "$(ls "$work/temporary")" ''

# Signals to the script

# signalled SIGNAL [NAME=VALUE...] [-- ARGUMENT...]: runs the job, and sends the script this when the job is up
signalled() {
  local signal=$1 script_pid
  shift
  : >"$work/log"
  set -m # else the script would ignore INT
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
# Not at once: the script has to go on waiting after its trap.
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
  equal "${signal%:*} to the script: it waits, and launches nothing more" "$status $(launches) $(grep -c stored "$work/log")" '75 1 1'
done
again=yes signalled TERM "$script" --restarts 5 HelloWorld
equal 'TERM to the script, twice: mpirun gets one USR1' "$(grep got "$work/log")" 'got USR1'
signalled TERM ENDS=137 "$script" --restarts 5 HelloWorld
equal 'asked to stop and then killed: no relaunch either' "$status $(launches)" '137 1'
signalled TERM DIES=1 "$script" --restarts 1 HelloWorld
equal 'asked to stop in the last relaunch: nothing is said to be used up' "$status $(grep -c 'used up' "$work/err")" '75 0'
signalled KILL "$script" --restarts 5 HelloWorld
for ((i = 0; i < 60; i++)); do if grep -q stored "$work/log"; then break; fi; sleep 0.05; done
equal 'the script is killed: the job is asked to stop' "$(grep -e got -e stored "$work/log")" $'got USR1\nstored'
job <<'JOB'
echo up >>"$LOG"
exec sleep 3
JOB
signalled TERM "$script" --restarts 5 HelloWorld
equal 'an mpirun that passes nothing on yet' "$status $(launches)" '75 1'
job <<'JOB'
echo up >>"$LOG"
exit 137
JOB
signalled TERM FAKE_PAUSE=1 "$script" --restarts 5 HelloWorld
equal 'asked to stop between two launches: none follows' "$status $(launches)" '137 1'
for ((i = 0; i < 60; i++)); do if [ -z "$(ls "$work/temporary")" ]; then break; fi; sleep 0.05; done
equal 'no file is left behind by any of these' "$(ls "$work/temporary")" ''

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
lost='a rank or host was lost (status 1); x.sqlite keeps 3 of 9 items, 6 remain'
second_line() { mpirun_line | sed -n 's/^mpirun //; 2p'; }
restarts -- --restarts 5 --hosts a:4,b:4,c:4 HelloWorld
equal 'all hosts answer: all are used' "$(second_line)" \
  "--host a:4,b:4,c:4 --bind-to none -x SEPPO_RELAUNCH=1 $release/HelloWorld"
has 'each host is asked, in no time' "$log" 'ssh -o BatchMode=yes -o ConnectTimeout=5 b true'
restarts FAKE_LOST='b' -- --restarts 5 --hosts a:4,b:4,c:4 HelloWorld
has 'a lost host is left out' "$(second_line)" '--host a:4,c:4 --bind-to'
equal 'and the line names it' "$(relaunch_lines)" "mpi-run.sh: relaunch 1 of 5: $lost; without b (no answer)"
restarts FAKE_LOST='a b' -- --restarts 5 --hosts a:4,b,b,c:3 -n 9 HelloWorld
has '-n is lowered to the slots that are left' "$(second_line)" '--host c:3 -n 3 --bind'
equal 'and the line says so' "$(relaunch_lines)" "mpi-run.sh: relaunch 1 of 5: $lost; without a b (no answer), so -n 3 instead of 9"
restarts FAKE_LOST=b -- --restarts 5 --hosts a:4,b,b,c:3 -n 7 HelloWorld
has '-n that fits stays' "$(second_line)" '--host a:4,c:3 -n 7 --bind'
restarts FAKE_LOST=b -- --restarts 5 --hosts "b,c,c" -n 3 HelloWorld
has 'a host without a number counts each time' "$(second_line)" '--host c,c -n 2 --bind'
restarts FAKE_LOST='a b' -- --restarts 5 --hosts a:4,b:4 HelloWorld
equal 'no host is left: the end' "$status $(launches)" '1 1'
equal 'and the line says so' "$(relaunch_lines)" \
  "mpi-run.sh: no relaunch: $lost; none of the hosts answers: a b: when they do, type the same to go on"
restarts FAKE_LOST="$(uname -n) localhost 127.0.0.1" -- --restarts 5 --hosts "$(uname -n):4,localhost:2,127.0.0.1" HelloWorld
lacks 'this machine is not asked' "$log" ssh
has 'and is used' "$(second_line)" "--host $(uname -n):4,localhost:2,127.0.0.1 --bind"
printf '%s\n' '# ours' 'a slots=4' 'b  max_slots=9 slots = 2 # old' 'c' >"$work/elsewhere/three hosts"
restarts FAKE_LOST=a -- --restarts 5 --hostfile 'three hosts' -n 7 HelloWorld
has 'a host file: another without the lost hosts, whose cores mpirun counts' "$(second_line)" "/hosts.1 -n 7 --bind"
printf '%s\n' 'a slots=4' 'b  max_slots=9 slots = 2 # old' >"$work/elsewhere/two hosts"
restarts FAKE_LOST=a -- --restarts 5 --hostfile 'two hosts' -n 6 HelloWorld
has 'a host file: its slots count' "$(second_line)" '/hosts.1 -n 2 --bind'
printf '%s\n' a a a b b b >"$work/nodes"
restarts FAKE_LOST=a PBS_JOBID=7 "PBS_NODEFILE=$work/nodes" -- --restarts 5 HelloWorld
has 'PBS: so many ranks as lines are left' "$(second_line)" '/hosts.1 -n 3 --bind'
stand_in "$machine" agent <<'STUB'
echo "agent $*" >>"$LOG"
cat "${TMPDIR}"/*/hosts.* >>"$LOG" 2>/dev/null
[ "$2" != a ]
STUB
for name in OMPI_MCA_plm_rsh_agent PRTE_MCA_plm_ssh_agent; do
  restarts $name='agent -x : rsh' -- --restarts 5 --hosts a:4,b:4 HelloWorld
  has "the agent is $name's" "$log" 'agent -x a true'
  lacks "the agent is $name's alone" "$log" ssh
  has "the agent is $name's, and believed" "$(second_line)" '--host b:4 --bind'
done
job <<'JOB'
cat "$TMPDIR"/*/hosts.* >>"$LOG" 2>/dev/null
[ "$launch" -gt 2 ] || { echo began >"$SEPPO_REPORT"; exit 1; }
JOB
restarts FAKE_LOST=a -- --restarts 5 --hostfile 'three hosts' HelloWorld
has 'the host file left has its lines as they were' "$log" $'# ours\nb  max_slots=9 slots = 2 # old\nc'
equal 'a host that is lost is not asked again' "$(grep -c ' a true' "$work/log") $(grep -c ' b true' "$work/log")" '1 2'
equal 'no file is left behind by lost hosts' "$(ls "$work/temporary")" ''

# Nodes of a Slurm job that are lost

slurm_tools="$work/slurm"
stand_in "$slurm_tools" scontrol <<'STUB'
[ "$*" = 'show hostnames n[1-3]' ] && printf '%s\n' n1 n2 n3
STUB
# A node is there once for each of its partitions.
stand_in "$slurm_tools" sinfo <<'STUB'
echo "sinfo $*" >>"$LOG"
[ -z "${FAKE_NO_SINFO-}" ] || exit 1
printf '%s\n' "n1 ${N1-mixed}" "n1 ${N1-mixed}" "n2 ${N2-allocated}" "n3 ${N3-draining}"
STUB
job <<'JOB'
[ "$launch" -gt 1 ] || { printf '%s\n' began 'checkpoint x.sqlite' 'kept 3' 'items 9' >"$SEPPO_REPORT"; exit 1; }
JOB
# in_slurm [NAME=VALUE...] [-- OPTION...]: the same in a job of three nodes
in_slurm() {
  local settings=()
  while [ $# -gt 0 ] && [ "$1" != -- ]; do settings+=("$1"); shift; done
  [ $# -eq 0 ] || shift
  restarts PATH="$slurm_tools:$four" SLURM_JOB_ID=7 SLURM_NNODES=3 'SLURM_JOB_NODELIST=n[1-3]' SLURM_NTASKS=10 \
    'SLURM_TASKS_PER_NODE=4(x2),2' "${settings[@]}" -- --restarts 5 "$@" HelloWorld
}
in_slurm N1=mixed
equal 'Slurm: all nodes are up, or finish what they have: mpirun takes them as before' "$(second_line)" \
  "-n 10 --bind-to none -x SEPPO_RELAUNCH=1 $release/HelloWorld"
has 'Slurm: sinfo is asked, once' "$log" 'sinfo --noheader --Node --nodes=n1,n2,n3 --format=%N %T'
lacks 'Slurm: nothing else is' "$log" ssh
for state in down 'down*' drained 'drained*' 'draining*' 'allocated*' fail; do
  in_slurm N1="$state"
  has "Slurm: a node that is $state is left out, with its tasks" "$(second_line)" '--host n2:4,n3:2 -n 6 --bind'
  equal "Slurm: $state: the line names it" "$(relaunch_lines | tail -n 1)" \
    "mpi-run.sh: relaunch 1 of 5: $lost; without n1 (no answer), so -n 6 instead of 10"
done
for state in draining failing idle 'mixed#'; do
  in_slurm N2="$state"
  lacks "Slurm: a node that is $state is not" "$(second_line)" --host
done
in_slurm N2=down -- -n 3
has 'Slurm: -n that fits stays' "$(second_line)" '--host n1:4,n3:2 -n 3 --bind'
in_slurm N2=down SLURM_TASKS_PER_NODE=
has 'Slurm: tasks that can'\''t be read: as many ranks on each' "$(second_line)" '--host n1:3,n3:3 -n 6 --bind'
in_slurm N2=down SLURM_TASKS_PER_NODE=what -- -n 2
has 'Slurm: one at least' "$(second_line)" '--host n1:1,n3:1 -n 2 --bind'
in_slurm N1=down N2=down N3=down
equal 'Slurm: no node is left: the end' "$status $(launches) $(grep -c 'none of the hosts answers: n1 n2 n3:' "$work/err")" '1 1 1'
in_slurm N1=down FAKE_NO_SINFO=1
equal 'Slurm: without sinfo all are used' "$status $(launches) $(second_line | grep -c -e --host)" '0 2 0'
restarts SLURM_JOB_ID=7 SLURM_NNODES=3 SLURM_NTASKS=10 -- --restarts 5 HelloWorld
equal 'Slurm: without scontrol too' "$status $(launches) $(second_line | grep -c -e --host)" '0 2 0'
in_slurm N1=down FAKE_LOST=b -- --hosts a:4,b:4
has 'Slurm: hosts that were typed are asked as ever' "$(second_line)" '--host a:4 --bind'
job <<'JOB'
[ "$launch" -gt 2 ] || { echo began >"$SEPPO_REPORT"; exit 1; }
JOB
in_slurm N2=down
has 'Slurm: a node that is lost is not asked again' "$log" 'sinfo --noheader --Node --nodes=n1,n3 --format'
equal 'Slurm: and the rest is as it was' "$status $(launches) $(grep -c -e '--host n1:4,n3:2 -n 6' "$work/log")" '0 3 2'
lacks 'Slurm: and is not asked by ssh' "$log" ssh

# What was typed wrong

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
has '-n at the end: with one' "$err" '-n 4, --threads 4, '
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
refused 'no program after the options' 2 'which program?'
run -- --verbose HelloWorld
refused 'unknown option' 2 "unknown option '--verbose'; there are -n N"
run -- --hosts a --hostfile 'my hosts' HelloWorld
refused '--hosts and --hostfile' 2 'one --hosts or one --hostfile'
run -- --hostfile 'my hosts' --hosts a HelloWorld
refused '--hostfile and --hosts' 2 'one --hosts or one --hostfile'
run -- --hosts a --hosts b HelloWorld
refused '--hosts twice' 2 'the hosts are given twice'
run -- --hosts --debug HelloWorld
refused '--hosts without its value' 2 "--hosts takes names without spaces, not '--debug'"
run -- --hostfile none HelloWorld
refused 'no such host file' 2 "no host file 'none' to read; write one"
run -- --hostfile "$work" HelloWorld
refused 'a folder as host file' 2 'no host file'
run -- -n 2 test
refused 'options before test' 2 'type: ./mpi-run.sh test'
run -- setup now
refused 'setup with more' 2 'type: ./mpi-run.sh setup'
run -- Nonsense
refused 'unknown program' 2 "no program 'Nonsense'"
equal 'unknown program: those there are, once each' "${err##*: }" 'HelloWorld Primes Hidden Sweep'
run -- helloworld
refused 'another case: did you mean' 2 'did you mean HelloWorld?'
run -- .build/release/HelloWorld
refused 'a path: did you mean' 2 'did you mean HelloWorld?'
for name in CommentedOut Library '' 'Hello.*' -- ; do
  run -- -- "$name"
  refused "no program: '$name'" 2 "no program '$name'"
done
run "PATH=$tools" -- Nonsense
refused 'what is typed is checked before what is there' 2 'no program'
launcher="$original/mpi-run.sh"
run -- Nonsense
refused 'in the checkout itself' 2 'one of these: '
for example in HelloWorld WordCount Primes; do
  has "the checkout has $example" " ${err##*these:} " " $example "
done
unset launcher

# build, test, setup

run -- test --filter 'Some Suite' --parallel
has 'test: swift test with its options' "$(swift_line)" '--filter Some Suite --parallel'
has 'test: with options as they are' "$log" "swift's words: 14"
has 'test: with our flags' "$(swift_line)" "swift test --package-path $checkout --scratch-path $checkout/.build -Xlinker -rpath"
has 'test: builds only what tests need' "$(swift_line)" '--test-product SeppoPackageTests'
run FAKE_BUILD_FAILS=1 -- test
equal 'test: swift'\''s status' "$status" 9
run -- build
has 'build without options' "$(swift_line)" "swift build --package-path $checkout"
for form in '--scratch-path other' --scratch-path=other; do
  # shellcheck disable=SC2086 # two words
  run -- build $form
  has "build $form: the .pc file is there too" "$log" "pc-path $work/elsewhere/other/mpi"
done
run -- setup
equal 'setup: status 0' "$status" 0
has 'setup: says what there is' "$err" "Open MPI 4.1.4 ($work/mpi4/bin/mpicc, $work/mpi4/bin/mpirun)"
equal 'setup: starts nothing' "$log$out" ''

# Another MPI

run -- HelloWorld
touch "$checkout/.build/triple/release/old.o" "$pc.same"
run -- HelloWorld
equal 'the same MPI: nothing is built anew' "$(ls "$checkout/.build/triple/release")" $'ModuleCache\nold.o'
equal 'the same MPI: the .pc file is left alone' "$(find "$pc" -newer "$pc.same")" ''
five="$work/mpi5/bin:$four"
run "PATH=$five" -- -n 5 HelloWorld
equal 'another MPI: what was built goes' "$(ls "$checkout/.build/triple/release")" ModuleCache
has 'another MPI: says so' "$err" "anew, for Open MPI 5.0.11 ($work/mpi5/bin/mpicc)"
has 'another MPI: its .pc file' "$(cat "$pc")" "Cflags: -I$work/mpi5/include"
has 'another MPI: its library' "$(swift_line)" "-rpath -Xlinker $work/mpi5/real"
has 'another MPI: its mpirun' "$(mpirun_line)" '--oversubscribe -n 5'
run "PATH=$five" -- setup
has 'another MPI: setup names it' "$err" "$work/mpi5/bin/mpirun)"
open_mpi "$work/alone" 4.1.4
mv "$work/alone/bin/mpirun" "$work/alone/mpirun"
run "PATH=$work/alone/bin:$four" -- setup
has 'no mpirun beside mpicc: the first on the PATH' "$err" "$work/mpi4/bin/mpirun)"
run "PATH=$work/alone/bin:$work/mpi5/bin:$four" -- HelloWorld
refused 'an mpirun of another MPI' 3 "mpi5/bin/mpirun is not the one of $work/alone/bin/mpicc"
open_mpi "$work/headless" 4.1.4
rm "$work/headless/include/mpi.h"
run "PATH=$work/headless/bin:$four" -- HelloWorld
if [ -e /usr/include/mpi.h ]; then
  echo "skip  no mpi.h: this machine has one in /usr/include"
else
  refused 'no mpi.h' 3 'names no folder that has mpi.h'
fi
open_mpi "$work/hollow" 4.1.4
rm "$work/hollow/lib/libmpi.so"
run "PATH=$work/hollow/bin:$four" -- HelloWorld
refused 'no library' 3 'names no folder that has its MPI library'
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
  equal "Swift $version will do" "$status" 0
done
run FAKE_SWIFT='python-swiftclient 4.1.0' -- HelloWorld
refused 'another swift' 3 'is no working Swift compiler'
run "PATH=$work/mpi4/bin:$tools" -- HelloWorld
refused 'no Swift' 3 'install Swift 6.2 or newer, see https://www.swift.org/install/'

run "PATH=$machine:$tools" FAKE_UID=0 -- HelloWorld
equal 'no MPI, no apt: status 3' "$status" 3
for part in 'there is no mpicc' 'sudo apt-get install libopenmpi-dev openmpi-bin pkg-config' \
  'sudo dnf install openmpi-devel' 'brew install open-mpi' 'module load openmpi'; do
  has "no MPI, no apt: says '$part'" "$err" "$part"
done
equal 'no MPI, no apt: nothing is started' "$log" ''

# What apt-get installs appears in $late, which is on the PATH.
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
equal 'root and apt: one line about it' "$(grep -c install <<<"$err")" 1
lacks 'root and apt: no chatter' "$err$out" chatter
has 'root and apt: then it runs' "$(mpirun_line)" "$release/HelloWorld"
run "PATH=$debian" FAKE_UID=0 -- setup
equal 'installed: nothing is installed again' "$log" ''
rm -r "$late"
run "PATH=$debian" FAKE_UID=0 FAKE_UPDATE_STATUS=100 -- setup
equal 'update fails: install is tried all the same' "$status" 0
rm -r "$late"
run "PATH=$debian" FAKE_UID=0 FAKE_APT_FAILS=1 -- setup
equal 'install fails: status 3' "$status" 3
has 'install fails: apt-get'\''s own words' "$err" chatter
has 'install fails: what to type' "$err" 'apt-get failed, see above; install Open MPI, then type the same again:'
run "PATH=$debian" -- setup
equal 'neither root nor sudo: status 3' "$status" 3
has 'neither root nor sudo: says so' "$err" 'takes apt-get and root or password-less sudo'
equal 'neither root nor sudo: apt-get is not started' "$log" ''
run "PATH=$work/sudo:$debian" FAKE_PASSWORD=1 -- setup
equal 'sudo wants a password: status 3' "$status" 3
has 'sudo wants a password: says so' "$err" 'takes apt-get and root or password-less sudo'
equal 'sudo wants a password: apt-get is not started' "$(apt_lines)" ''
run "PATH=$work/sudo:$debian" -- setup
equal 'sudo without password: status 0' "$status" 0
has 'sudo without password: installs by it' "$log" 'sudo -n env DEBIAN_FRONTEND=noninteractive apt-get'
run "PATH=$debian" -- HelloWorld
has 'an MPI and no pkg-config will do' "$(mpirun_line)" "$release/HelloWorld"

# What SeppoCheckpoint needs

rm -r "$late"
debian="$four:$work/apt"
for words in Sweep build test; do
  run "PATH=$debian" FAKE_UID=0 FAKE_NO_SQLITE=1 -- "$words"
  equal "no sqlite3.h: $words has it installed" "$(apt_lines)" "noninteractive -o DPkg::Lock::Timeout=300 update
noninteractive -o DPkg::Lock::Timeout=300 install --yes --no-install-recommends libsqlite3-dev"
  has "no sqlite3.h: $words says so" "$err" 'installing SQLite with apt-get: libsqlite3-dev'
  has "no sqlite3.h: $words then builds" "$(swift_line)" '--package-path'
  rm -r "$late"
  run "PATH=$debian" FAKE_UID=0 -- "$words"
  equal "with sqlite3.h: $words installs nothing" "$(apt_lines)" ''
done
for words in HelloWorld 'build --product HelloWorld' 'build --target=Library' setup; do
  # shellcheck disable=SC2086 # words
  run "PATH=$debian" FAKE_UID=0 FAKE_NO_SQLITE=1 -- $words
  equal "no sqlite3.h: nothing to $words" "$status $(apt_lines)" '0 '
done
run FAKE_NO_SQLITE=1 -- Sweep
equal 'no sqlite3.h, no apt: status 3' "$status" 3
for part in 'there is no sqlite3.h' 'sudo apt-get install libsqlite3-dev' 'sudo dnf install sqlite-devel' xcode-select; do
  has "no sqlite3.h, no apt: says '$part'" "$err" "$part"
done
equal 'no sqlite3.h, no apt: nothing is started' "$log" ''
run "PATH=$debian" FAKE_UID=0 FAKE_NO_SQLITE=1 FAKE_APT_FAILS=1 -- Sweep
has 'no sqlite3.h, apt-get fails: what to type' "$err" 'apt-get failed, see above; install it, then type the same again:'
stand_in "$work/pkg-config" pkg-config <<'STUB'
[ "$*" = '--exists sqlite3' ]
STUB
run "PATH=$four:$work/pkg-config" FAKE_NO_SQLITE=1 -- Sweep
has 'sqlite3.h where pkg-config knows it' "$(mpirun_line)" "$release/Sweep"

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
