#!/usr/bin/env bash
# Breaks copies of the scheduler on purpose, each in another way, and checks that simulated maps tell.
# The simulation is worth what it catches. Fails where a break isn't caught, or can't be made any more.
#
#   Tests/break-scheduler.sh [SCHEDULES [FIRST]]   holds the scheduler as it is to that number of schedules (10,000), from that
#                                                  seed on (0)
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

readonly seeds=10000
schedules=${1:-$seeds} first=${2:-0}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

fail() {
  printf 'break-scheduler.sh: %s\n' "$@" >&2
  exit 1
}

compile() { swiftc -swift-version 6 -parse-as-library -package-name Seppo -I "$work/modules" "$@"; }

# What simulates is compiled once: a break changes what the scheduler's functions do, and not what they are.
# Without optimisation of the scheduler's module, none of it gets into another.
mkdir "$work/modules"
compile -Onone -wmo -c -module-name SeppoEngine -emit-module-path "$work/modules/SeppoEngine.swiftmodule" \
  -o "$work/scheduler.o" Sources/SeppoEngine/*.swift
compile -O -wmo -c -module-name SeppoSimulation -emit-module-path "$work/modules/SeppoSimulation.swiftmodule" \
  -o "$work/simulation.o" Tests/Simulation/*.swift
compile -O -wmo -c -module-name Simulate -o "$work/simulate.o" Tests/Programs/Simulate/*.swift

# build FOLDER: links FOLDER/simulate with the scheduler in FOLDER/scheduler
build() {
  compile "${2--Onone}" -wmo -c -module-name SeppoEngine -o "$1/scheduler.o" "$1/scheduler"/*.swift >"$1/log" 2>&1 &&
    swiftc -o "$1/simulate" "$work"/{simulate,simulation}.o "$1/scheduler.o" >>"$1/log" 2>&1
}

# copy FOLDER
copy() {
  mkdir -p "$1"
  cp -R Sources/SeppoEngine "$1/scheduler"
}

# broken WHAT FILE SED: what is broken, where, and how; in the background, as many at once as there are cores
number=0
broken() {
  number=$((number + 1))
  while [ "$(jobs -rp | wc -l)" -ge "$(nproc)" ]; do wait -n || true; done
  try_break "$work/$(printf %02d $number)" "$@" &
}

# try_break FOLDER WHAT FILE SED: leaves FOLDER/caught with what caught it, or FOLDER/not-caught with what is the matter
try_break() {
  local folder=$1 what=$2 file=$3 status=0
  copy "$folder"
  sed "$4" "Sources/SeppoEngine/$file" >"$folder/scheduler/$file"
  if cmp -s "Sources/SeppoEngine/$file" "$folder/scheduler/$file"; then
    echo "this break isn't one any more, as $file has changed: $what" >"$folder/not-caught"
    return
  fi
  build "$folder" || { { cat "$folder/log"; echo "this break doesn't compile: $what"; } >"$folder/not-caught"; return; }
  "$folder/simulate" --first --count "$seeds" >"$folder/found" 2>"$folder/errors" || status=$?
  if [ "$status" -eq 1 ] && grep -q '^seed ' "$folder/found"; then
    printf '%-62s %s\n' "$what" "$(grep -m1 '^seed ' "$folder/found" | cut -c1-150)" >"$folder/caught"
  else
    { tail -n 5 "$folder/found" "$folder/errors"; echo "not caught in $seeds schedules: $what"; } >"$folder/not-caught"
  fi
  rm -f "$folder/simulate"
}

copy "$work/whole"
build "$work/whole" -O || { cat "$work/whole/log" >&2; fail "the scheduler as it is doesn't build"; }
"$work/whole/simulate" --from "$first" --count "$schedules" || fail 'the scheduler as it is fails'
# Hashing differs from process to process: nothing may follow from it.
"$work/whole/simulate" --count 200 --trace >"$work/first"
"$work/whole/simulate" --count 200 --trace | cmp - "$work/first" || fail 'a seed gives two different schedules'

broken 'a rank gets three chunks for each thread' Worker.swift \
  's/if held < 2 \* threads { return true }/if held < 3 * threads { return true }/'
broken 'the last items are hoarded' Scheduler.swift \
  's/guard remaining > threads, notBegun.count > 0 else/guard notBegun.count > 0 else/'
broken 'what comes back not begun is forgotten' Scheduler.swift \
  's/^    wait(min(chunk.lowerBound + completed, end)..<end, isSuspect: held.isSuspect)$//'
broken 'what a rank held that is gone is forgotten' Scheduler.swift \
  's/^      wait(held.isLate ? held.chunk.dropLast() : held.chunk, isSuspect: held.isSuspect)$//'
broken 'what is called back is still held' Worker.swift \
  's/^    held\[index\].chunk = held\[index\].chunk.lowerBound..<range.lowerBound$//'
broken 'what failed for good stops nothing' NotBegun.swift 's/^    ranges.limit(to: bound)$//'
broken 'the lowest items come last' RangeHeap.swift \
  's/ranges\[child\].lowerBound < ranges\[parent\]/ranges[child].lowerBound > ranges[parent]/'
broken 'an item is tried once too often' Retries.swift 's/if tries > most {/if tries > most + 1 {/'
broken 'an item is tried again where it failed' Retries.swift \
  's/guard isAlone || source != rank, let/guard let/'
broken 'an item is tried again where a thread is still at it' Worker.swift \
  's/lateThreads == 0 ? \[\] : held/lateThreads >= 0 ? [] : held/'
broken 'an item that was late fails twice' Scheduler.swift \
  's/^    if workers\[rank\]?.isLate(index) == true { return .known }$//'
broken 'it ends before what failed was tried again' Scheduler.swift \
  's/private var remaining: Int { notBegun.count + retries.count }/private var remaining: Int { notBegun.count }/'
broken 'nothing is called back' Scheduler.swift \
  's/notBegun.count == 0, asked < idleThreads else/notBegun.count < 0 else/'
broken 'who is asked and has not answered is asked again' Scheduler.swift \
  's/workers\[rank\], !worker.isAsked, /workers[rank], /'
broken 'where an item failed is forgotten when it is given back' Scheduler.swift \
  's/if range.count == 1, retries.wait(range.lowerBound) { return }//'
broken 'a rank that is late all over counts as another one' Scheduler.swift \
  's/^    if wasAble, .* ableRanks -= 1 }$/    _ = wasAble/'
broken 'a rank that was passed over is forgotten' Scheduler.swift \
  's/^    defer { for rank in passedOver { enqueue(rank) } }$//'
broken 'who has had a chunk gets none any more' Scheduler.swift 's/^      workers\[rank\]?.isInIdle = false$//'
broken 'tries are remembered for ever' Scheduler.swift 's/^    if chunk.count == 1, completed == 1.*$//'
broken 'queues never let go' Queue.swift \
  's/if head == elements.count {/if head < 0 {/; s/head > 64, //; s/head \* 2 > elements.count/head < 0/'
broken 'what was done before is handed out' NotBegun.swift \
  's/^    next = range.upperBound$/    next = range.lowerBound/'
broken 'rank 0 of several is given a suspect' Scheduler.swift \
  's/held.isEmpty, rank > 0 || workers.count == 1, let/held.isEmpty, let/'
broken 'a rank gets chunks ahead behind a suspect' Worker.swift 's/^    if holdsSuspect { return false }$//'
broken 'a suspect whose rank is gone is like any other' Scheduler.swift \
  's/: held.chunk, isSuspect: held.isSuspect)/: held.chunk, isSuspect: false)/'
broken 'what failed before is handed out' Scheduler.swift 's/ else { notBegun.remove(index) }$/ else {}/'
broken 'a map that was stopped calls back' Scheduler.swift 's/guard !isStopped, notBegun/guard notBegun/'

wait
cat "$work"/*/caught
for file in "$work"/*/not-caught; do if [ -e "$file" ]; then cat "$file" >&2; failed=yes; fi; done
[ -z "${failed-}" ] || fail 'some breaks were not caught'
echo "$number breaks, all of them caught"
