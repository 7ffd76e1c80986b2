#!/usr/bin/env bash
# Kills ranks at random, and resumes their maps: Tests/chaos.sh N [--seed S]
#
# Each of N rounds maps thousands of items of random length on 8 ranks, with a checkpoint. One to six ranks are killed
# (rank 0 or others; all at once, or one after the other while mpirun still ends the rest), in up to three launches, at
# random moments: during start-up, while quarantined items are computed, in the middle, and at the end. The job is
# relaunched until it succeeds. Then the results must be those of `map`, bit for bit; no launch may hang; and, according
# to the log that the items write, no later launch may start an item whose result was stored.
#
# The limit on deaths per item is one more than the number of launches with kills. A launch adds at most one death to an
# item, so no item may be blamed.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

name=chaos.sh rounds=${1-} seed=$(date +%s)
[ "${2-}" != --seed ] || seed=${3-}
# shellcheck source=Tests/killed-jobs.sh
source Tests/killed-jobs.sh
[[ $rounds =~ ^[1-9][0-9]*$ && $seed =~ ^[0-9]+$ ]] || misused "type: Tests/chaos.sh N [--seed S]"

readonly ranks=8 items=2500 kinds=(numbers fits failures at-root two-calls threads)

# A job that has not started an item has no log.
count_lines() { if [ -e "$1" ]; then wc -l <"$1"; else echo 0; fi; }

# await_lines LOG COUNT: waits until COUNT items have been started, or the job has ended.
await_lines() {
  while is_running && ! is_late && [ "$(count_lines "$1")" -lt "$2" ]; do
    sleep 0.02
  done
}

# await_moment LOG LEFT: waits for a random moment to kill; LEFT items are not stored. Sets $moment.
await_moment() {
  local log=$1 left=$2
  pick 1 12
  case $picked in
    [12])
      moment=start
      pick 0 "$startup"
      ;;
    [345])
      moment=begin
      await_lines "$log" 1
      pick 0 400
      ;;
    [67])
      moment=end
      pick 0 60
      await_lines "$log" $((left - picked))
      pick 0 300
      ;;
    *)
      moment=middle
      # By the number of items, not by the clock: the machine may have other load.
      pick 0 "$left"
      await_lines "$log" "$picked"
      pick 0 50
      ;;
  esac
  sleep "$(seconds "$picked")"
}

# kill_ranks COUNT: kills COUNT of the living ranks, chosen with equal probability; adds them to $killed.
kill_ranks() {
  local left=$1 number index
  # All at once, or one after the other: mpirun takes up to two seconds to end the rest.
  pick 0 1
  local at_once=$picked
  while [ "$left" -gt 0 ] && is_running; do
    find_ranks
    number=${#ranks_pids[@]}
    if [ "$number" -eq 0 ]; then
      # mpirun has not started them yet, or has already ended them.
      [ -z "$killed" ] || return 0
      sleep 0.02
      continue
    fi
    while [ "$left" -gt 0 ] && [ "$number" -gt 0 ]; do
      pick 0 $((number - 1))
      index=$picked
      # It may have ended a moment ago.
      if kill -9 "${ranks_pids[index]}" 2>/dev/null; then killed="$killed ${ranks_names[index]}"; fi
      left=$((left - 1)) number=$((number - 1))
      ranks_pids[index]=${ranks_pids[number]}
      ranks_names[index]=${ranks_names[number]}
      [ "$at_once" -eq 1 ] || break
    done
    ranks_killed
    [ "$at_once" -eq 0 ] && [ "$left" -gt 0 ] || return 0
    pick 0 700
    sleep "$(seconds "$picked")"
  done
}

# find_dead FILE: sets $dead to the ranks that rank 0 has recorded as dead, at the offset given by InFlightLayout. A job
# that died early leaves the record of the previous one.
find_dead() {
  local words before=$notes
  dead=''
  [ -e "$1" ] || return 0
  notes=$(od -A n -t x1 -N 24 "$1")
  [ "$notes" != "$before" ] || return 0
  mapfile -t words < <(od -A n -v -t d8 -w8 -j 520 -N 80 "$1" | tr -d ' ')
  if [ "${words[0]:-0}" -gt 0 ]; then dead=" ${words[*]:1:words[0]}"; fi
}

# Runs a map without kills, and measures in milliseconds how long its ranks take to start, and to compute.
measure() {
  local folder=$work/measured began
  mkdir "$folder"
  launch "$ranks" "$folder/output" "$program" numbers 1 "$items" 2 "$folder/checkpoint.sqlite" "$folder/log.1" "$folder/out"
  await_lines "$folder/log.1" 1
  clock
  startup=$((now - launched)) began=$now
  await_end "$folder/output"
  [ "$status" = 0 ] || { cat "$folder/output" >&2; exit 1; }
  clock
  length=$((now - began))
}

one_round() {
  local folder=$work/round.$round kind=${kinds[round % ${#kinds[@]}]} kills groups group count rank began left kept=0 history=''
  RANDOM=$((seed * 1000 + round))
  mkdir "$folder"
  "$program" --serial "$kind" "$round" "$items" 0 none none "$folder/expected" >"$folder/serial" 2>&1 ||
    { cat "$folder/serial" >&2; exit 1; }
  : >"$folder/stored.0"
  pick 1 6
  kills=$picked
  pick 1 $((kills < 3 ? kills : 3))
  groups=$picked
  launches=0 notes=''
  clock
  began=$now
  for ((group = groups; ; group--)); do
    launches=$((launches + 1)) killed='' moment=''
    kept=$(wc -l <"$folder/stored.$((launches - 1))")
    left=$((items - kept))
    launch "$ranks" "$folder/output.$launches" "$program" "$kind" "$round" "$items" $((groups + 1)) \
      "$folder/checkpoint.sqlite" "$folder/log.$launches" "$folder/out"
    if [ "$group" -gt 0 ]; then
      if [ "$group" -eq 1 ]; then count=$kills; else pick 1 $((kills - group + 1)) && count=$picked; fi
      kills=$((kills - count))
      await_moment "$folder/log.$launches" "$left"
      # A job that hangs is reported by await_end.
      is_late || kill_ranks "$count"
    fi
    await_end "$folder/output.$launches"
    check_launch "$folder" "$launches"
    find_dead "$folder/checkpoint.sqlite-inhand"
    for rank in $dead; do
      case "$killed " in
        *" $rank "*) ;;
        *) false_deaths=$((false_deaths + 1)) && dead="$dead!" ;;
      esac
    done
    history="$history${killed:+$moment:$killed${dead:+ ($dead )}, }"
    if [ "$status" = 0 ]; then break; fi
    if [ "$status" = hang ]; then return; fi
    if [ -z "$killed" ]; then
      trouble "launch $launches ended with status $status, although no rank was killed:"
      cat "$folder/output.$launches" >&2
      return
    fi
  done
  check_end "$folder"
  count_again "$folder"
  clock
  printf 'round %d %-9s killed %s launches %d, kept %d, again %d, %s s\n' "$round" "$kind" "${history:-none,}" \
    "$launches" "$kept" "$again" "$(seconds $((now - began)))"
  if [ -z "$kept_files" ]; then rm -rf "$folder"; fi
}

false_deaths=0
build Chaos
measure
say "seed $seed; $("$mpirun" --version 2>&1 | head -n 1); ranks start in $(seconds "$startup") s and compute for $(seconds "$length") s"
for ((round = 1; round <= rounds; round++)); do one_round; done
say "$false_deaths living ranks were recorded as dead"
finish
