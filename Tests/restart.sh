#!/usr/bin/env bash
# Kills whole jobs, and resumes with other numbers of ranks: Tests/restart.sh N [--seed S] [--program Sweep|Chaos]
#
# N times, Examples/Sweep, or the program of Tests/chaos.sh, is launched on 1 to 8 ranks, killed (mpirun and all ranks, with
# SIGKILL) at a random moment, and launched again on another number, until it is done. The results must be the same as
# without kills, and, according to the log that the items write, no later launch may start an item whose result was stored.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

name=restart.sh rounds=${1-} seed=$(date +%s) sweep=Sweep
shift || true
while [ $# -ge 2 ]; do
  case $1 in
    --seed) seed=$2 ;;
    --program) sweep=$2 ;;
    *) break ;;
  esac
  shift 2
done
# shellcheck source=Tests/killed-jobs.sh
source Tests/killed-jobs.sh
[[ $# -eq 0 && $rounds =~ ^[1-9][0-9]*$ && $seed =~ ^[0-9]+$ && $sweep =~ ^(Chaos|Sweep)$ ]] ||
  misused "type: Tests/restart.sh N [--seed S] [--program Sweep|Chaos]"

readonly items=2000 most_kills=8 kinds=(fits numbers two-calls at-root failures)

# For each program: `set_command FOLDER LAUNCH` sets $command to launch; `expect FOLDER` makes FOLDER/expected.
case $sweep in
  Chaos)
    # In a job of one rank, killing it during a quarantined item counts as a death of that item.
    set_command() {
      command=("$program" "$kind" "$round" "$items" $((most_kills + 1)) "$1/checkpoint.sqlite" "$1/log.$2" "$1/out")
    }
    expect() { "$program" --serial "$kind" "$round" "$items" 0 none none "$1/expected" >"$1/serial" 2>&1; }
    ;;
  Sweep)
    # A few seconds of work in a debug build.
    readonly grid=(--rho-steps 20 --sigma-steps 20 --time 250 --transient 30)
    call_name="'sweep'" # instead of the label, which contains spaces
    started_items() { awk '{ print "sweep", $1 }' "$1"; }
    results_of() { tail -n +2 "$1" | wc -l; } # without the line of column names
    set_command() {
      command=("$program" "${grid[@]}" --checkpoint "$1/checkpoint.sqlite" --csv "$1/out" --svg "$1/svg" --log "$1/log.$2")
    }
    expect() { "$program" "${grid[@]}" --no-checkpoint --csv "$1/expected" --svg "$1/svg" >"$1/serial" 2>&1; }
    ;;
esac

# await_moment LOG: waits, mostly until an item has started and then a while longer, so that some results may be stored.
await_moment() {
  pick 1 6
  if [ "$picked" -eq 1 ]; then
    pick 0 1000
  else
    while is_running && ! is_late && [ ! -s "$1" ]; do sleep 0.02; done
    pick 200 2000
  fi
  sleep "$(seconds "$picked")"
}

one_round() {
  local folder=$work/round.$round kind=${kinds[round % ${#kinds[@]}]} began kept=0 history='' left
  RANDOM=$((seed * 1000 + round))
  mkdir "$folder"
  expect "$folder" || { cat "$folder/serial" >&2; exit 1; }
  : >"$folder/stored.0"
  clock
  began=$now
  for ((launches = 1; ; launches++)); do
    kept=$(wc -l <"$folder/stored.$((launches - 1))")
    pick 1 8
    history="$history $picked:$kept"
    set_command "$folder" "$launches"
    launch "$picked" "$folder/output.$launches" "${command[@]}"
    killed=''
    if [ "$launches" -le "$most_kills" ]; then
      await_moment "$folder/log.$launches"
      if is_running && ! is_late; then
        mapfile -t left < <(processes)
        # Hides bash's message about a killed job.
        { kill -9 "$job" "${left[@]}" && wait "$job"; } 2>/dev/null || true
        killed=yes
      fi
    fi
    await_end "$folder/output.$launches"
    check_launch "$folder" "$launches"
    if [ "$status" = 0 ]; then break; fi
    if [ "$status" = hang ]; then return; fi
    if [ -z "$killed" ]; then
      trouble "launch $launches ended with status $status, although it was not killed:"
      cat "$folder/output.$launches" >&2
      return
    fi
  done
  check_end "$folder"
  count_again "$folder"
  clock
  printf 'round %d: launches at RANKS:STORED-ITEMS%s; again %d, %s s\n' "$round" "$history" "$again" \
    "$(seconds $((now - began)))"
  if [ -z "$kept_files" ]; then rm -rf "$folder"; fi
}

build "$sweep"
say "seed $seed; $("$mpirun" --version 2>&1 | head -n 1)"
for ((round = 1; round <= rounds; round++)); do one_round; done
finish
