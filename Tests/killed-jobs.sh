#!/usr/bin/env bash
# Functions for Tests/chaos.sh and Tests/restart.sh: start MPI jobs, wait for them, and check their checkpoints. For Linux.
# Source it in the folder of the checkout; the caller sets `name`, `rounds` and `round`.
# shellcheck disable=SC2034,SC2154 # variables are shared with the caller

readonly limit=60 # seconds for a launch
mpirun=$(dirname "$(type -P mpicc)")/mpirun
work=$(mktemp -d)
job='' wrong=0 hangs=0 launcher_hangs=0 again_total=0 others=0 kept_files=''

say() { printf '%s: %s\n' "$name" "$*"; }

misused() {
  say "$@" >&2
  exit 64
}

# Prints every process of the jobs, which have $work in their environment: mpirun, its daemons, the ranks and their children.
processes() {
  local file
  for file in /proc/[0-9]*/environ; do
    if grep -qsF -e "KILLED_JOBS=$work" "$file"; then
      file=${file#/proc/}
      printf '%s\n' "${file%/environ}"
    fi
  done
}

show() { [ $# -eq 0 ] || ps -o pid,ppid,stat,etimes,args -p "$*" >&2 || true; }

leave() {
  local left
  mapfile -t left < <(processes)
  [ ${#left[@]} -eq 0 ] || kill -9 "${left[@]}" 2>/dev/null || true
  if [ -n "$kept_files" ]; then say "the files of the failed rounds are in $work" >&2; else rm -rf "$work"; fi
}
trap leave EXIT

# build PROGRAM: sets $program to a copy of it, which a later build doesn't change.
build() {
  ./mpi-run.sh build --product "$1" >"$work/build.log" 2>&1 || { cat "$work/build.log" >&2; exit 1; }
  program=$work/$1
  cp "${SWIFTPM_BUILD_DIR:-.build}/debug/$1" "$program"
}

# pick LOW HIGH: sets $picked to a random number from LOW to HIGH. In a subshell, RANDOM would not advance.
pick() { picked=$(($1 + (RANDOM * 32768 + RANDOM) % ($2 - $1 + 1))); }

# seconds MILLISECONDS: prints them as seconds
seconds() { printf '%d.%03d' $(($1 / 1000)) $(($1 % 1000)); }

# Sets $now to the time in milliseconds.
clock() { now=${EPOCHREALTIME/[.,]/}; now=$((now / 1000)); }

# launch RANKS OUTPUT PROGRAM [ARGUMENT...]: starts a job in the background; sets $job and $launched. Rank 0 reports its
# progress in OUTPUT.report.
launch() {
  local size=$1 output=$2 options=(--oversubscribe --bind-to none)
  shift 2
  [ "$(id -u)" -ne 0 ] || options+=(--allow-run-as-root)
  if [ -n "$is_hydra" ]; then options=(-bind-to none); fi
  KILLED_JOBS=$work SEPPO_REPORT=$output.report "$mpirun" "${options[@]}" -n "$size" "$@" >"$output" 2>&1 </dev/null &
  job=$!
  clock
  launched=$now
}

# The ranks of its jobs have other variables.
is_hydra=$("${mpirun:-mpirun}" --version 2>&1 | grep -om1 -e HYDRA -e 'Intel(R) MPI' || true)

is_running() { kill -0 "$job" 2>/dev/null; }

# Sets $ranks_pids to the processes of the job's ranks, and $ranks_names to their numbers.
find_ranks() {
  local pid variable
  ranks_pids=() ranks_names=()
  for pid in $(pgrep -f "^$program .*$work" || true); do
    while IFS= read -rd '' variable; do
      case $variable in
        OMPI_COMM_WORLD_RANK=*)
          ranks_pids+=("$pid")
          ranks_names+=("${variable#*=}")
          ;;
      esac
    done <"/proc/$pid/environ" || true
  done 2>/dev/null
}

# Whether the job has exceeded its time limit.
is_late() {
  clock
  [ $((now - launched)) -gt $((limit * 1000)) ]
}

# ranks_killed: restarts the time limit, as the job must end now.
ranks_killed() {
  clock
  launched=$now
}

# mpirun_hangs, from mpi-run.sh: whether mpirun hangs although all its ranks have ended, which Seppo cannot prevent.
eval "$(sed -n '/^mpirun_hangs() {/,/^}/p' mpi-run.sh)"

# await_end OUTPUT: waits until the job ends or its time is over, and sets $status. A job that hangs prints what its ranks
# are doing, and is killed.
await_end() {
  local left pid
  while is_running; do
    if mpirun_hangs "$job"; then
      launcher_hangs=$((launcher_hangs + 1))
      kill -9 "$job" 2>/dev/null || true
      break
    fi
    if is_late; then
      hangs=$((hangs + 1)) kept_files=yes
      find_ranks
      for pid in "${ranks_pids[@]}"; do kill -QUIT "$pid" || true; done
      sleep 3
      say "a launch has not ended within $limit s; its output, with what each rank is doing:" >&2
      cat "$1" >&2
      mapfile -t left < <(processes)
      show "${left[@]}"
      kill -9 "${left[@]}" 2>/dev/null || true
      { wait "$job"; } 2>/dev/null || true
      status=hang
      return
    fi
    sleep 0.05
  done
  status=0
  # Hides bash's message about a killed job.
  { wait "$job"; } 2>/dev/null || status=$?
}

# trouble WHAT: reports a failure other than a wrong result, a hang, or an item computed again.
trouble() {
  others=$((others + 1)) kept_files=yes
  say "round $round: $*" >&2
}

# Checks that no process of a job is left 3 s after its mpirun has ended.
check_processes() {
  local left turn
  for turn in {1..60}; do
    mapfile -t left < <(processes)
    [ ${#left[@]} -gt 0 ] || return 0
    sleep 0.05
  done
  trouble "these processes are left 3 s after mpirun ended (launch $launches, turn $turn):"
  show "${left[@]}"
  kill -9 "${left[@]}" 2>/dev/null || true
}

# stored FILE LIST: writes the results in the file to LIST, one line each: call, item, bytes. It reads a copy: SQLite would
# repair the file after a killed job, and the next job must do that.
stored() {
  local copy=$work/copy.sqlite
  rm -f "$copy" "$copy-journal"
  : >"$2"
  [ -e "$1" ] || return 0
  cp "$1" "$copy"
  if [ -e "$1-journal" ]; then cp "$1-journal" "$copy-journal"; fi
  # A job that was killed at its start leaves an empty file.
  if [ -z "$(sqlite3 "$copy" "SELECT name FROM sqlite_master WHERE name = 'results'")" ]; then return 0; fi
  sqlite3 -separator ' ' "$copy" "SELECT ${call_name:-label}, item, hex(bytes) FROM results" | sort >"$2"
  [ "$(sqlite3 "$copy" 'PRAGMA integrity_check')" = ok ] || trouble "SQLite reports that the checkpoint is damaged"
}

# started_items LOG: prints the items that a launch started, in the form of `stored`.
started_items() { cut -d ' ' -f 1,2 "$1"; }

# results_of OUTPUT: prints the number of results in the program's output.
results_of() { grep -vcx failed "$1"; }

# check_launch FOLDER NUMBER: checks that stored results are unchanged and not computed again, and that results that rank 0
# reports as stored are in the file.
check_launch() {
  local folder=$1 before=$1/stored.$(($2 - 1)) log=$1/log.$2 report=$1/output.$2.report count reported=''
  check_processes
  stored "$folder/checkpoint.sqlite" "$folder/stored.$2"
  if [ -e "$log" ]; then
    count=$(comm -12 <(cut -d ' ' -f 1,2 "$before" | sort -u) <(started_items "$log" | sort -u) | wc -l)
    if [ "$count" -gt 0 ]; then
      again_total=$((again_total + count)) kept_files=yes
      say "round $round: launch $2 computed $count stored items again" >&2
    fi
  fi
  count=$(comm -23 "$before" "$folder/stored.$2" | wc -l)
  [ "$count" -eq 0 ] || trouble "launch $2 lost or changed $count results that were stored"
  if [ -e "$report" ]; then reported=$(sed -n 's/^kept \([0-9]*\)$/\1/p' "$report"); fi
  count=$(wc -l <"$folder/stored.$2")
  [ "${reported:-0}" -le "$count" ] || trouble "launch $2 reported $reported stored results, but the file has $count"
}

# check_end FOLDER: checks that the results are those of `map` and all stored, and that only the checkpoint is left.
check_end() {
  local left wanted count
  if ! cmp -s "$1/expected" "$1/out"; then
    wrong=$((wrong + 1)) kept_files=yes
    say "round $round: the results are wrong: compare $1/expected and $1/out" >&2
  fi
  wanted=$(results_of "$1/expected") count=$(wc -l <"$1/stored.$launches")
  [ "$count" -eq "$wanted" ] || trouble "at the end, $count of $wanted results are stored"
  left=$(find "$1" -name 'checkpoint.sqlite?*')
  [ -z "$left" ] || trouble "these files are left: $left"
}

# count_again FOLDER: sets $again to the number of items that were started more than once.
count_again() {
  local log
  again=$(for log in "$1"/log.*; do if [ -e "$log" ]; then started_items "$log"; fi; done | sort |
    awk '$0 == before { n++ } { before = $0 } END { print n + 0 }')
}

finish() {
  printf '%s rounds: %s wrong results, %s hangs, %s stored items computed again' \
    "$rounds" "$wrong" "$hangs" "$again_total"
  [ "$others" -eq 0 ] || printf '; %s other failures' "$others"
  [ "$launcher_hangs" -eq 0 ] || printf '; and mpirun itself hung %s times, after all ranks had ended' "$launcher_hangs"
  printf '\n'
  [ $((wrong + hangs + again_total + others)) -eq 0 ]
}
