#!/usr/bin/env bash
# Tests mpi-run.sh, and what seppo-launch does to processes, with stubs for everything they start: nothing is built, installed or
# launched. What seppo-launch decides is tested by SeppoLaunchTests.
# MPI_RUN_BASH names another bash to run the script with (macOS's is 3.2).
set -euo pipefail

original=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
work=$(cd "$(mktemp -d)" && pwd -P)
trap 'rm -rf "$work"' EXIT
passed=0 failed=0

# The launcher that the stub of swift "builds"
launch=${SEPPO_LAUNCH:-$original/.build/debug/seppo-launch}
[ -x "$launch" ] || { echo "mpi-run-test.sh: $launch is missing: run ./mpi-run.sh build --product seppo-launch" >&2; exit 1; }
cp "$launch" "$work/seppo-launch"
launch=$work/seppo-launch

# A checkout, with a space in its path

checkout="$work/check out"
script="$checkout/mpi-run.sh"
mkdir -p "$checkout/Examples/HelloWorld" "$checkout/Examples/Primes" "$work/elsewhere"
cp "$original/mpi-run.sh" "$script"
cat >"$checkout/Package.swift" <<'MANIFEST'
// swift-tools-version: 6.2
let package = Package( // SeppoMPI
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
for tool in awk basename cat chmod cp dirname env find grep head ln ls mkdir mktemp mv ps readlink rm sed sh sleep tail tee touch tr true uname wc; do
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
if [ "$product" = seppo-launch ]; then cp "$LAUNCHER" "$scratch/debug/"; exit; fi
{ echo '#!/usr/bin/env bash'; echo '[ -z "${FAKE_JOB-}" ] || . "$FAKE_JOB"'
  echo 'echo "in $PWD"; printf "<%s>" "$@"; echo; cat; exit ${FAKE_EXIT-0}'; } >"$scratch/$configuration/$product"
chmod +x "$scratch/$configuration/$product"
STUB
stand_in "$machine" id <<'STUB'
echo "${FAKE_UID-1000}"
STUB
stand_in "$machine" cc <<STUB
IFS= read -r line
[ "\$* \$line" = '-E -x c - #include <sqlite3.h>' ] || exit 1
[ -z "\${FAKE_NO_SQLITE-}" ] || [ -e "$work/late/sqlite3.h" ]
STUB
# open_mpi FOLDER VERSION: an installation
open_mpi() {
  mkdir -p "$1/include" "$1/lib"
  touch "$1/include/mpi.h" "$1/lib/libmpi.so.40"
  stand_in "$1/bin" mpicc <<STUB
[ "\$1" = -show ] && echo "gcc -pthread -I$1/include -I/usr/include -Wl,-rpath -L$1/none -L$1/lib -lmpi -lopen-pal"
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
  (cd "$work/elsewhere" && exec env -i LOG="$work/log" LAUNCHER="$launch" HOME="$work" "${settings[@]}" "${launcher:-$script}" "$@") \
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

# Without the options that every command line has.
mpirun_line() {
  grep '^mpirun ' "$work/log" | sed -E 's/ --(prte)?mca odls_base_signal_direct_children_only 1//; s/ --allow-run-as-root//' || true
}
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
has 'swift builds the product for release' "$(swift_line)" '-c release --product HelloWorld'
has 'swift gets the folder of the checkout' "$(swift_line)" "--package-path $checkout --scratch-path $checkout/.build "
has 'swift gets the folder of the library' "$(swift_line)" "-Xlinker -rpath -Xlinker $work/mpi4/lib"
has 'our .pc file comes first' "$log" "pc-path $checkout/.build/mpi"
run PKG_CONFIG_PATH=/other -- -n 2 HelloWorld
has 'the caller'\''s PKG_CONFIG_PATH comes after it' "$log" "pc-path $checkout/.build/mpi:/other"
equal 'the .pc file has -I, -L and -l only, and no /usr/include' "$(grep -E '^(Cflags|Libs)' "$pc")" \
  "Cflags: -I$work/mpi4/include"$'\n'"Libs: -L$work/mpi4/none -L$work/mpi4/lib -lmpi -lopen-pal"
equal 'it has the name of either MPI' "$(cat "$pc")" "$(cat "$checkout/.build/mpi/mpich.pc")"
lacks 'the launcher is built once' "$(swift_line)" 'seppo-launch'
mkdir -p "$checkout/Sources/SeppoLaunch"
touch -d '1 minute' "$checkout/Sources/SeppoLaunch/New.swift"
run -- -n 2 HelloWorld
has 'a changed launcher is built again' "$(swift_line)" 'seppo-launch'
rm -r "$checkout/Sources"
run -- --debug -n 2 HelloWorld
has '--debug: swift builds for debugging' "$(swift_line)" '-c debug --product HelloWorld'
has '--debug: mpirun gets that build' "$(mpirun_line)" "$checkout/.build/debug/HelloWorld"
run -- -n 2 Hidden
has 'an executable target may be outside Examples' "$(mpirun_line)" "$release/Hidden"
run -- -n 2 -- HelloWorld -- x
has '-- may precede the program' "$(mpirun_line)" "=$release/HelloWorld =-- =x"
run FAKE_EXIT=7 -- -n 2 HelloWorld
equal 'the exit status is the program'\''s' "$status" 7
run FAKE_BUILD_FAILS=1 -- -n 2 HelloWorld
equal 'a failed build: swift'\''s status' "$status" 9
equal 'a failed build: nothing is launched' "$(mpirun_line)" ''
stand_in "$work/elsewhere" own <<<'printf "own <%s>" "$@"'
for words in '-n 2 ./own a' "-n 2 -- $work/elsewhere/own a"; do
  # shellcheck disable=SC2086 # words
  run -- $words
  equal "an executable is launched: $words" "$out $(mpirun_line)" "own <a> mpirun -n 2 --bind-to none $work/elsewhere/own a"
  lacks "an executable is not built: $words" "$(swift_line)" --product
done
run -- -n 2 ./none
equal 'no such executable' "$status $(grep -c "there is no executable './none'" "$work/err")" '2 1'
launcher="$work/outer link"
ln -s link "$launcher"
ln -s "$script" "$work/link"
run -- -n 2 HelloWorld
has 'the script works through symbolic links' "$(mpirun_line)" "$release/HelloWorld"
unset launcher
cd "$work/elsewhere"
for word in plain --option; do
  env -i LOG="$work/log" LAUNCHER="$launch" PATH="$four" "$script" -n 2 HelloWorld $word >/dev/null 2>&1 </dev/null &
  script_pid=$!
  wait "$script_pid"
  has "mpirun replaces the script: $word" "$(cat "$work/log")" "pid $script_pid"
done
run SWIFTPM_BUILD_DIR=relative -- -n 2 HelloWorld
has 'SWIFTPM_BUILD_DIR is respected' "$(mpirun_line)" "$work/elsewhere/relative/release/HelloWorld"
mkdir -p "$work/elsewhere/mine/deep"
sed 's/"HelloWorld"/"Mine"/' "$checkout/Package.swift" >"$work/elsewhere/mine/Package.swift"
stand_in "$work" deep <<<"cd '$work/elsewhere/mine/deep' && exec '$script' \"\$@\""
launcher="$work/deep" run -- -n 2 Mine
has 'the nearest package that uses Seppo is built' "$(mpirun_line)" "$work/elsewhere/mine/.build/release/Mine"

# Progress

run -- -n 2 HelloWorld
lacks 'standard error is no terminal: no bar' "$(mpirun_line)" SEPPO_
# The terminal stays until its margins are reset, but no longer than 10 s.
stand_in "$work" at_terminal <<STUB
export SCRIPT='$script' OUT='$work/out'
exec $(type -P script) -qfec '
  stty rows 30 cols 100
  "\$SCRIPT" -n 2 HelloWorld
  tries=0
  until grep -qF "[r" "\$OUT" || [ \$tries -ge 100 ]; do sleep 0.1; tries=\$((tries + 1)); done
' /dev/null
STUB
ln -s "$(type -P stty)" "$tools/stty"
launcher="$work/at_terminal" run SHELL=/bin/sh
has 'standard error is a terminal: long calls show a bar there' "$(mpirun_line)" \
  '-x SEPPO_PROGRESS=bar -x SEPPO_TERMINAL=100x30 --bind'
has 'at the end of mpirun, the terminal has its usual margins again' "$out" $'\0337\033[r\0338'

# Restarts

# job: reads from standard input the bash script that the ranks run; $launch is the number of the launch
job() { { echo "launch=\$(grep -c '^mpirun ' \"\$LOG\")"; cat; } >"$work/job"; }
# restarts [NAME=VALUE...] [-- ARGUMENT...]: runs that job
restarts() { run FAKE_JOB="$work/job" TMPDIR="$work/temporary" "$@"; }
launches() { grep -c '^mpirun ' "$work/log" || true; }
relaunch_lines() { grep -v -e '^Building' -e 'running as root' "$work/err" || true; }
mkdir "$work/temporary"

input='standard input' run TMPDIR="$work/temporary" -- --restarts 2 -n 2 HelloWorld -n 7 '' 'two  words' : "it's"
equal '--restarts: arguments, folder, standard input and stdout are as without it' "$out" \
  "in $work/elsewhere"$'\n'"<-n><7><><two  words><:><it's>"$'\nstandard input'
equal '--restarts: status 0 ends it' "$status $(launches) $(relaunch_lines)" '0 1 '
equal '--restarts: the command line is the same' "$(run -- -n 2 HelloWorld; mpirun_line)" \
  "$(run TMPDIR="$work/temporary" -- --restarts 3 -n 2 HelloWorld; mpirun_line)"
run FAKE_EXIT=7 TMPDIR="$work/temporary" -- --restarts=2 -n 2 HelloWorld
equal '--restarts: without a report, a status below 128 is the program'\''s' "$status $(launches)" '7 1'

job <<'JOB'
echo "the program's word" >&2
JOB
restarts -- --restarts 2 -n 2 HelloWorld
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
restarts DIES=137 -- --restarts 5 -n 2 HelloWorld
equal 'the job is relaunched, and one line says so' "$status $(launches) $(relaunch_lines)" \
  "0 2 mpi-run.sh: relaunch 1 of 5: a rank was killed (SIGKILL); fits.sqlite has 812 of 1000 items, 188 remain"
has 'the second launch starts with an empty report' "$out" 'report of 0'
equal 'the relaunch gets its number' "$(mpirun_line)" "mpirun -n 2 --bind-to none $release/HelloWorld
mpirun -n 2 -x SEPPO_RELAUNCH=1 --bind-to none $release/HelloWorld"
restarts DIES=137 SEPPO_RELAUNCH=8 -- --restarts 5 -n 2 HelloWorld
has 'SEPPO_RELAUNCH of an outer script is not passed on' "$out" 'relaunch none'
job <<'JOB'
echo began >"$SEPPO_REPORT"; exit 137
JOB
restarts -- --restarts 2 -n 2 HelloWorld
equal 'all relaunches are used up: the last status counts' "$status $(launches)" '137 3'
equal 'no file is left' "$(ls "$work/temporary")" ''

# Signals to the script

# signalled SIGNAL [NAME=VALUE...] [-- ARGUMENT...]: runs the job, and sends the script SIGNAL when the job is up
signalled() {
  local signal=$1 script_pid
  shift
  : >"$work/log"
  set -m # otherwise the script would ignore INT
  env -i LOG="$work/log" LAUNCHER="$launch" PATH="$four" FAKE_JOB="$work/job" TMPDIR="$work/temporary" "$@" \
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
  signalled "${signal%:*}" "$script" --restarts 5 -n 2 HelloWorld
  equal "${signal%:*} to the script: mpirun gets ${signal#*:}" "$(grep got "$work/log")" "got ${signal#*:}"
  equal "${signal%:*} to the script: it waits, and does not relaunch" "$status $(launches) $(grep -c stored "$work/log")" '75 1 1'
done
again=yes signalled TERM "$script" --restarts 5 -n 2 HelloWorld
equal 'TERM to the script, twice: mpirun gets one USR1' "$(grep got "$work/log")" 'got USR1'
signalled TERM ENDS=137 "$script" --restarts 5 -n 2 HelloWorld
equal 'asked to stop and then killed: no relaunch' "$status $(launches)" '137 1'
signalled KILL "$script" --restarts 5 -n 2 HelloWorld
for ((i = 0; i < 60; i++)); do if grep -q stored "$work/log"; then break; fi; sleep 0.05; done
equal 'the script is killed: the job is asked to stop' "$(grep -e got -e stored "$work/log")" $'got USR1\nstored'
job <<'JOB'
echo up >>"$LOG"
exec sleep 3
JOB
signalled TERM "$script" --restarts 5 -n 2 HelloWorld
equal 'an mpirun that does not forward signals yet: status 75' "$status $(launches)" '75 1'
job <<'JOB'
echo up >>"$LOG"
exit 137
JOB
signalled TERM "$script" --restarts 5 -n 2 HelloWorld
equal 'asked to stop between two launches: no relaunch' "$status $(launches)" '137 1'
for ((i = 0; i < 60; i++)); do if [ -z "$(ls "$work/temporary")" ]; then break; fi; sleep 0.05; done
equal 'signals: no file is left' "$(ls "$work/temporary")" ''

# Hosts

stand_in "$machine" ssh <<'STUB'
echo "ssh $*" >>"$LOG"
while [ $# -gt 2 ]; do shift; done
case " ${FAKE_LOST-} " in *" $1 "*) echo "$1: Permission denied (publickey)." >&2; exit 255 ;; esac
[ "$1" != "${FAKE_EMPTY-}" ] || exit 91
exec sh -c "$2"
STUB
run -- --hosts "$(uname -n):2,b:2" HelloWorld
has 'each other host is asked, with a short timeout' "$log" "ssh -o BatchMode=yes -o ConnectTimeout=5 b cd '$work/elsewhere'"
equal 'this machine is not asked' "$(grep -c '^ssh' "$work/log")" 1
has 'all hosts answer: the program is launched' "$(mpirun_line)" "mpirun --host $(uname -n):2,b:2 --bind-to none $release/HelloWorld"
run FAKE_LOST=b FAKE_EMPTY=c -- --hosts a:2,b:2,c:2 HelloWorld
equal 'hosts that cannot run the program: status 3, and nothing is launched' "$status $(mpirun_line)" '3 '
has 'a host that ssh does not reach' "$err" 'mpi-run.sh: b can'\''t be reached: ssh -o BatchMode=yes -o ConnectTimeout=5 b: b: Permission denied'
has 'a host without the folder' "$err" "mpi-run.sh: c has no folder $work/elsewhere, in which this command was typed"
lacks 'a host that can run it is not named' "$err" 'a has'
stand_in "$machine" agent <<'STUB'
echo "agent $*" >>"$LOG"
[ "$2" != b ] || exit 92
exec sh -c "$3"
STUB
run OMPI_MCA_plm_rsh_agent='agent -x : rsh' -- --hosts a:2,b:2 HelloWorld
has 'another agent is used, and a host without the program is named' "$err" "b has no program $release/HelloWorld: it must be at the same path"
stand_in "$machine" ssh <<'STUB'
while [ $# -gt 2 ]; do shift; done
[ "$1" != "$(cat "$LOG.lost" 2>/dev/null)" ]
STUB
second_line() { mpirun_line | sed -n 's/^mpirun //; 2p'; }
job <<'JOB'
[ "$launch" -gt 1 ] || { printf '%s\n' began 'checkpoint x.sqlite' 'kept 3' 'items 9' >"$SEPPO_REPORT"; echo b >"$LOG.lost"; exit 1; }
JOB
restarts -- --restarts 5 --hosts a:4,b:4,c:4 -n 9 HelloWorld
has 'a lost host is left out of the relaunch' "$(second_line)" '--host a:4,c:4 -n 8 -x SEPPO_RELAUNCH=1 --bind-to'
rm "$work/log.lost"
printf '%s\n' '# ours' 'a slots=4' 'b  max_slots=9 slots = 2 # old' 'c' >"$work/elsewhere/three hosts"
job <<'JOB'
cat "$TMPDIR"/*/hosts.* >>"$LOG" 2>/dev/null
[ "$launch" -gt 1 ] || { echo began >"$SEPPO_REPORT"; echo b >"$LOG.lost"; exit 1; }
JOB
restarts -- --restarts 5 --hostfile 'three hosts' -n 7 HelloWorld
has 'a host file: a copy without the lost host replaces it' "$(second_line)" '/hosts.1 -n 7 -x'
has 'the copied host file has the other lines unchanged' "$log" $'# ours\na slots=4\nc'
equal 'lost hosts: no file is left' "$(ls "$work/temporary")" ''
slurm_tools="$work/slurm"
stand_in "$slurm_tools" scontrol <<'STUB'
[ "$*" = 'show hostnames n[1-3]' ] && printf '%s\n' n1 n2 n3
STUB
stand_in "$slurm_tools" sinfo <<'STUB'
echo "sinfo $*" >>"$LOG"
printf '%s\n' "n1 ${N1-mixed}" "n2 allocated" "n3 draining"
STUB
in_slurm() {
  restarts PATH="$slurm_tools:$four" SLURM_JOB_ID=7 SLURM_NNODES=3 'SLURM_JOB_NODELIST=n[1-3]' SLURM_NTASKS=10 \
    'SLURM_TASKS_PER_NODE=4(x2),2' "$@" -- --restarts 5 HelloWorld
}
in_slurm
equal 'Slurm: all nodes are up: mpirun takes them as before' "$(second_line)" \
  "-n 10 -x SEPPO_RELAUNCH=1 --bind-to none $release/HelloWorld"
has 'Slurm: sinfo is asked' "$log" 'sinfo --noheader --Node --nodes=n1,n2,n3 --format=%N %T'
in_slurm N1=down
has 'Slurm: a node that is down is left out' "$(second_line)" '--host n2:4,n3:2 -n 6 -x'

# Usage errors

refused_by_launcher() {
  if [ "$status" -eq "$2" ] && [ -z "$(mpirun_line)" ]; then has "$1" "$err" "$3"; else verdict no "$1" "status $2 and '$3'"; fi
}
run -- -n 0 HelloWorld
refused_by_launcher '-n 0' 2 "mpi-run.sh: -n takes a whole number of ranks from 1 to 999999, not '0'"
run -- -n 2
refused_by_launcher 'no program after the options' 2 'mpi-run.sh: no program was named'
run -- --verbose HelloWorld
refused_by_launcher 'unknown option' 2 "unknown option '--verbose'; the options are -n N"
run -- --hostfile none HelloWorld
refused_by_launcher 'no such host file' 2 "the host file 'none' cannot be read; write one"
run -- Nonsense
refused_by_launcher 'unknown program' 2 "no program 'Nonsense'"
equal 'unknown program: all names are listed, once each' "${err##*: }" 'HelloWorld Primes Hidden Sweep'
run -- helloworld
refused_by_launcher 'different case: did you mean' 2 'did you mean HelloWorld?'
run -- setup now
refused 'setup with more' 2 'type: ./mpi-run.sh setup'

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
stand_in "$checkout/Tools" docs.sh <<<'echo "$# <$*>"'
run -- docs 'my site'
equal 'docs: the script gets the folder' "$out" '1 <my site>'
run -- setup
equal 'setup: status 0' "$status" 0
has 'setup: lists what is installed' "$err" "the MPI of $work/mpi4/bin/mpicc and $work/mpi4/bin/mpirun"
equal 'setup: starts nothing' "$log$out" ''

# Another MPI

run -- -n 2 HelloWorld
touch "$checkout/.build/triple/release/old.o" "$pc.same"
run -- -n 2 HelloWorld
equal 'the same MPI: nothing is rebuilt' "$(ls "$checkout/.build/triple/release")" $'ModuleCache\nold.o'
equal 'the same MPI: the .pc file is not rewritten' "$(find "$pc" -newer "$pc.same")" ''
five="$work/mpi5/bin:$four"
run "PATH=$five" -- -n 2 HelloWorld
equal 'another MPI: the old build is removed' "$(ls "$checkout/.build/triple/release")" ModuleCache
has 'another MPI: a message says so' "$err" "rebuilding everything for another MPI: that of $work/mpi5/bin/mpicc"
has 'another MPI: the .pc file has its headers' "$(cat "$pc")" "Cflags: -I$work/mpi5/include"
has 'another MPI: its library is used' "$(swift_line)" "-rpath -Xlinker $work/mpi5/lib"
has 'another MPI: its mpirun is used' "$log" '--prtemca'
run "PATH=$five" -- setup
has 'another MPI: setup names it' "$err" "$work/mpi5/bin/mpirun"
open_mpi "$work/alone" 4.1.4
mv "$work/alone/bin/mpirun" "$work/alone/mpirun"
run "PATH=$work/alone/bin:$four" -- setup
has 'no mpirun beside mpicc: the first on the PATH is used' "$err" "$work/mpi4/bin/mpirun"
open_mpi "$work/headless" 4.1.4
rm "$work/headless/include/mpi.h"
run "PATH=$work/headless/bin:$four" -- HelloWorld
if [ -e /usr/include/mpi.h ]; then
  echo "skip  no mpi.h: this machine has one in /usr/include"
else
  refused 'no mpi.h' 3 'lists no folder with mpi.h'
fi
open_mpi "$work/hollow" 4.1.4
rm "$work/hollow/lib/libmpi.so.40"
run "PATH=$work/hollow/bin:$four" -- HelloWorld
refused 'no library' 3 'lists no folder with the MPI library'
stand_in "$work/broken" mpicc <<<'exit 1'
run "PATH=$work/broken:$four" -- HelloWorld
refused 'an mpicc that fails' 3 "$work/broken/mpicc does not work"
open_mpi "$work/abi" 5.0
touch "$work/abi/include/mpi_abi.h"
sed 's/gcc -pthread/gcc -DMPI_ABI/' "$work/abi/bin/mpicc" >"$work/abi/bin/mpicc_abi"
chmod +x "$work/abi/bin/mpicc_abi"
run "PATH=$work/abi/bin:$four" MPICC=mpicc_abi -- -n 2 HelloWorld
equal 'MPICC: the headers of the standard ABI get the usual name' "$(cat "$checkout/.build/mpi/include/mpi.h") $(grep Cflags "$pc")" \
  "#include \"$work/abi/include/mpi_abi.h\" Cflags: -I$checkout/.build/mpi/include"
run MPICC=none -- -n 2 HelloWorld
refused 'no such MPICC' 3 'none is not on the PATH'

# What is missing

for version in 6.1.2 5.10; do
  run FAKE_SWIFT="Swift version $version (swift-RELEASE)" -- -n 2 HelloWorld
  refused "Swift $version" 3 "which is too old: install Swift 6.2 or newer, see https://www.swift.org/install/"
done
for version in 6.2 6.10-dev 7.0; do
  run FAKE_SWIFT="Apple Swift version $version (swiftlang)" -- setup
  equal "Swift $version is accepted" "$status" 0
done
run FAKE_SWIFT='python-swiftclient 4.1.0' -- -n 2 HelloWorld
refused 'another swift' 3 'is not a working Swift compiler'
run "PATH=$work/mpi4/bin:$tools" -- -n 2 HelloWorld
refused 'no Swift' 3 'install Swift 6.2 or newer, see https://www.swift.org/install/'

run "PATH=$machine:$tools" FAKE_UID=0 -- -n 2 HelloWorld
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
run "PATH=$debian" -- -n 2 HelloWorld
has 'an MPI without pkg-config suffices' "$(mpirun_line)" "$release/HelloWorld"

# What SeppoCheckpoint needs

rm -r "$late"
debian="$four:$work/apt"
for words in '-n 2 Sweep' build test; do
  # shellcheck disable=SC2086 # words
  run "PATH=$debian" FAKE_UID=0 FAKE_NO_SQLITE=1 -- $words
  equal "no sqlite3.h: $words installs it" "$(apt_lines)" "noninteractive -o DPkg::Lock::Timeout=300 update
noninteractive -o DPkg::Lock::Timeout=300 install --yes --no-install-recommends libsqlite3-dev"
  has "no sqlite3.h: $words: a message says so" "$err" 'installing SQLite with apt-get: libsqlite3-dev'
  has "no sqlite3.h: $words then builds" "$(swift_line)" '--package-path'
  rm -r "$late"
  # shellcheck disable=SC2086 # words
  run "PATH=$debian" FAKE_UID=0 -- $words
  equal "with sqlite3.h: $words installs nothing" "$(apt_lines)" ''
done
for words in '-n 2 HelloWorld' 'build --product HelloWorld' 'build --target=Library' setup; do
  # shellcheck disable=SC2086 # words
  run "PATH=$debian" FAKE_UID=0 FAKE_NO_SQLITE=1 -- $words
  equal "no sqlite3.h: no matter for $words" "$status $(apt_lines)" '0 '
done
run FAKE_NO_SQLITE=1 -- -n 2 Sweep
equal 'no sqlite3.h, no apt: status 3' "$status" 3
for part in 'sqlite3.h is missing' 'sudo apt-get install libsqlite3-dev' 'sudo dnf install sqlite-devel' xcode-select; do
  has "no sqlite3.h, no apt: the message has '$part'" "$err" "$part"
done
equal 'no sqlite3.h, no apt: nothing is started' "$log" ''
run "PATH=$debian" FAKE_UID=0 FAKE_NO_SQLITE=1 FAKE_APT_FAILS=1 -- -n 2 Sweep
has 'no sqlite3.h, apt-get fails: the message says what to do' "$err" 'apt-get failed, see above; install SQLite, then run the same command again:'
stand_in "$work/pkg-config" pkg-config <<'STUB'
[ "$*" = '--exists sqlite3' ]
STUB
run "PATH=$four:$work/pkg-config" FAKE_NO_SQLITE=1 -- -n 2 Sweep
has 'sqlite3.h is found by pkg-config' "$(mpirun_line)" "$release/Sweep"

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
