#!/usr/bin/env bash
# What Tests/chaos.sh and Tests/restart.sh share: jobs of MPI that are killed, and what is found out of them then. For Linux.
# It is sourced by them, in the checkout's folder; they set `name`, `rounds` and `round`.
# shellcheck disable=SC2034,SC2154 # they use what is set here, and set what is used

readonly limit=60 # seconds for a launch
mpirun=$(dirname "$(type -P mpicc)")/mpirun
work=$(mktemp -d)
job='' wrong=0 hangs=0 launcher_hangs=0 again_total=0 others=0 kept_files=''

say() { printf '%s: %s\n' "$name" "$*"; }

misused() {
  say "$@" >&2
  exit 64
}

# Every process of a job has the folder's name in its environment: mpirun, its daemons and the ranks with all that they start.
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
  if [ -n "$kept_files" ]; then say "the files of what went wrong are in $work" >&2; else rm -rf "$work"; fi
}
trap leave EXIT

# build PROGRAM: sets $program to a copy of it, so that it may be built anew meanwhile.
build() {
  ./mpi-run.sh build --product "$1" >"$work/build.log" 2>&1 || { cat "$work/build.log" >&2; exit 1; }
  program=$work/$1
  cp "${SWIFTPM_BUILD_DIR:-.build}/debug/$1" "$program"
}

# pick LOW HIGH: a number from LOW to HIGH, in $picked. Not printed: a subshell would not move RANDOM on.
pick() { picked=$(($1 + (RANDOM * 32768 + RANDOM) % ($2 - $1 + 1))); }

# seconds MILLISECONDS
seconds() { printf '%d.%03d' $(($1 / 1000)) $(($1 % 1000)); }

# Milliseconds since some time, in $now.
clock() { now=${EPOCHREALTIME/[.,]/}; now=$((now / 1000)); }

# launch RANKS OUTPUT PROGRAM [ARGUMENT...]: in the background; sets $job and $launched. OUTPUT.report is what rank 0 says of
# the checkpoint meanwhile.
launch() {
  local size=$1 output=$2 options=(--oversubscribe --bind-to none)
  shift 2
  [ "$(id -u)" -ne 0 ] || options+=(--allow-run-as-root)
  KILLED_JOBS=$work SEPPO_REPORT=$output.report "$mpirun" "${options[@]}" -n "$size" "$@" >"$output" 2>&1 </dev/null &
  job=$!
  clock
  launched=$now
}

is_running() { kill -0 "$job" 2>/dev/null; }

# The job's ranks, in $ranks_pids, and what they are, in $ranks_names. What they start themselves runs another program.
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

# Whether the job should have ended long ago.
is_late() {
  clock
  [ $((now - launched)) -gt $((limit * 1000)) ]
}

# ranks_killed: from now on the job has its time anew, to end.
ranks_killed() {
  clock
  launched=$now
}

# Whether mpirun hangs though all its ranks are gone: nothing of Seppo's can help there. By the rule of mpi-run.sh.
eval "$(sed -n '/^mpirun_hangs() {/,/^}/p' mpi-run.sh)"

# await_end OUTPUT: until the job ends or its time is over; its status in $status. A job that hangs is asked where it is,
# and killed.
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
      say "a launch has not ended within $limit s; its output, with where each rank is:" >&2
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
  # Where it was killed, bash says so.
  { wait "$job"; } 2>/dev/null || status=$?
}

# trouble WHAT: what is neither a wrong result, nor a hang, nor an item computed again.
trouble() {
  others=$((others + 1)) kept_files=yes
  say "round $round: $*" >&2
}

# Nothing of a job may be there when its mpirun has ended; it has a moment for it.
check_processes() {
  local left turn
  for turn in {1..60}; do
    mapfile -t left < <(processes)
    [ ${#left[@]} -gt 0 ] || return 0
    sleep 0.05
  done
  trouble "these are still there 3 s after mpirun (of launch $launches, turn $turn):"
  show "${left[@]}"
  kill -9 "${left[@]}" 2>/dev/null || true
}

# stored FILE LIST: the results in the file, a line each: call, item, bytes. It reads a copy: SQLite would mend the file
# after a killed job, which is the next job's business.
stored() {
  local copy=$work/copy.sqlite
  rm -f "$copy" "$copy-journal"
  : >"$2"
  [ -e "$1" ] || return 0
  cp "$1" "$copy"
  if [ -e "$1-journal" ]; then cp "$1-journal" "$copy-journal"; fi
  # A job that was killed at its very beginning has made an empty file.
  if [ -z "$(sqlite3 "$copy" "SELECT name FROM sqlite_master WHERE name = 'results'")" ]; then return 0; fi
  sqlite3 -separator ' ' "$copy" "SELECT ${call_name:-label}, item, hex(bytes) FROM results" | sort >"$2"
  [ "$(sqlite3 "$copy" 'PRAGMA integrity_check')" = ok ] || trouble "SQLite finds the checkpoint damaged"
}

# The items that were begun by a launch, as `stored` names them.
begun_items() { cut -d ' ' -f 1,2 "$1"; }

# How many results there are in what the program gives.
results_of() { grep -vcx failed "$1"; }

# check_launch FOLDER NUMBER: what is stored stays as it is, and is not begun again; what rank 0 took for stored is.
check_launch() {
  local folder=$1 before=$1/stored.$(($2 - 1)) log=$1/log.$2 report=$1/output.$2.report count said=''
  check_processes
  stored "$folder/checkpoint.sqlite" "$folder/stored.$2"
  if [ -e "$log" ]; then
    count=$(comm -12 <(cut -d ' ' -f 1,2 "$before" | sort -u) <(begun_items "$log" | sort -u) | wc -l)
    if [ "$count" -gt 0 ]; then
      again_total=$((again_total + count)) kept_files=yes
      say "round $round: launch $2 computed $count items again that were stored" >&2
    fi
  fi
  count=$(comm -23 "$before" "$folder/stored.$2" | wc -l)
  [ "$count" -eq 0 ] || trouble "launch $2 lost or changed $count results that were stored"
  if [ -e "$report" ]; then said=$(sed -n 's/^kept \([0-9]*\)$/\1/p' "$report"); fi
  count=$(wc -l <"$folder/stored.$2")
  [ "${said:-0}" -le "$count" ] || trouble "launch $2 took $said results for stored, and there are $count"
}

# check_end FOLDER: the results are what `map` gives and are all stored, and nothing but the checkpoint is left.
check_end() {
  local left wanted count
  if ! cmp -s "$1/expected" "$1/out"; then
    wrong=$((wrong + 1)) kept_files=yes
    say "round $round: the results are wrong: compare $1/expected and $1/out" >&2
  fi
  wanted=$(results_of "$1/expected") count=$(wc -l <"$1/stored.$launches")
  [ "$count" -eq "$wanted" ] || trouble "$count results are stored in the end, of $wanted"
  left=$(find "$1" -name 'checkpoint.sqlite?*')
  [ -z "$left" ] || trouble "left over: $left"
}

# How many items were begun again, all in all, in $again.
count_again() {
  local log
  again=$(for log in "$1"/log.*; do if [ -e "$log" ]; then begun_items "$log"; fi; done | sort |
    awk '$0 == before { n++ } { before = $0 } END { print n + 0 }')
}

finish() {
  printf '%s rounds: %s wrong results, %s hangs, %s stored items computed again' \
    "$rounds" "$wrong" "$hangs" "$again_total"
  [ "$others" -eq 0 ] || printf '; %s other troubles' "$others"
  [ "$launcher_hangs" -eq 0 ] || printf '; and mpirun hung by itself %s times, when all ranks were gone' "$launcher_hangs"
  printf '\n'
  [ $((wrong + hangs + again_total + others)) -eq 0 ]
}
