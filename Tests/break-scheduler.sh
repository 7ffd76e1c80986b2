#!/usr/bin/env bash
# Breaks copies of the scheduler on purpose, each in another way, and checks that simulated maps tell.
# The simulation is worth what it catches. Fails where a break isn't caught, or can't be made any more.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

readonly seeds=10000
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

fail() {
  printf 'break-scheduler.sh: %s\n' "$@" >&2
  exit 1
}

# One module of all, without SwiftPM, which takes ten times as long.
build() {
  local name=$1 file
  for file in "$work/$name/scheduler"/*.swift Tests/Simulation/*.swift Tests/Programs/Simulate/*.swift; do
    sed '/^import Seppo/d' "$file" >"$work/$name/${file##*/}"
  done
  swiftc -Onone -swift-version 6 -parse-as-library -package-name Seppo -module-name Simulate \
    -o "$work/$name/simulate" "$work/$name"/*.swift >"$work/$name/log" 2>&1 ||
    { cat "$work/$name/log" >&2; fail "the copy '$name' doesn't build"; }
}

copy() {
  mkdir -p "$work/$1"
  cp -R Sources/SeppoScheduling "$work/$1/scheduler"
}

# broken WHAT FILE SED: what is broken, where, and how.
broken() {
  local what=$1 file=$2 name=broken
  rm -rf "${work:?}/$name"
  copy "$name"
  sed "$3" "Sources/SeppoScheduling/$file" >"$work/$name/scheduler/$file"
  if cmp -s "Sources/SeppoScheduling/$file" "$work/$name/scheduler/$file"; then
    fail "this break isn't one any more, as $file has changed: $what"
  fi
  build "$name"
  local status=0
  "$work/$name/simulate" --first --count "$seeds" >"$work/$name/found" 2>"$work/$name/errors" || status=$?
  if [ "$status" -ne 1 ] || ! grep -q '^seed ' "$work/$name/found"; then
    tail -n 5 "$work/$name/found" "$work/$name/errors" >&2
    fail "not caught in $seeds schedules: $what"
  fi
  printf '%-62s %s\n' "$what" "$(grep -m1 '^seed ' "$work/$name/found" | cut -c1-150)"
}

copy whole
build whole
"$work/whole/simulate" --count 2000 || fail 'the scheduler as it is fails'
# Hashing differs from process to process: nothing may follow from it.
"$work/whole/simulate" --count 200 --trace >"$work/first"
"$work/whole/simulate" --count 200 --trace | cmp - "$work/first" || fail 'a seed gives two different schedules'

broken 'a rank gets three chunks for each thread' Worker.swift \
  's/if held < 2 \* threads { return true }/if held < 3 * threads { return true }/'
broken 'the last items are hoarded' MapScheduler.swift \
  's/guard remaining > threads, notBegun.count > 0 else/guard notBegun.count > 0 else/'
broken 'what comes back not begun is forgotten' MapScheduler.swift \
  's/^    wait(min(chunk.lowerBound + completed, end)..<end, isSuspect: held.isSuspect)$//'
broken 'what a rank held that is gone is forgotten' MapScheduler.swift \
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
broken 'an item that was late fails twice' MapScheduler.swift \
  's/^    if workers\[rank\]?.isLate(index) == true { return .known }$//'
broken 'it ends before what failed was tried again' MapScheduler.swift \
  's/private var remaining: Int { notBegun.count + retries.count }/private var remaining: Int { notBegun.count }/'
broken 'nothing is called back' MapScheduler.swift \
  's/notBegun.count == 0, asked < idleThreads else/notBegun.count < 0 else/'
broken 'who is asked and has not answered is asked again' MapScheduler.swift \
  's/workers\[rank\], !worker.isAsked, /workers[rank], /'
broken 'where an item failed is forgotten when it is given back' MapScheduler.swift \
  's/if range.count == 1, retries.wait(range.lowerBound) { return }//'
broken 'a rank that is late all over counts as another one' MapScheduler.swift \
  's/^    if wasAble, .* ableRanks -= 1 }$/    _ = wasAble/'
broken 'a rank that was passed over is forgotten' MapScheduler.swift \
  's/^    defer { for rank in passedOver { enqueue(rank) } }$//'
broken 'who has had a chunk gets none any more' MapScheduler.swift 's/^      workers\[rank\]?.isInIdle = false$//'
broken 'tries are remembered for ever' MapScheduler.swift 's/^    if chunk.count == 1, completed == 1.*$//'
broken 'queues never let go' Queue.swift \
  's/if head == elements.count {/if head < 0 {/; s/head > 64, //; s/head \* 2 > elements.count/head < 0/'
broken 'what was done before is handed out' NotBegun.swift \
  's/^    next = range.upperBound$/    next = range.lowerBound/'
broken 'rank 0 of several is given a suspect' MapScheduler.swift \
  's/held.isEmpty, rank > 0 || workers.count == 1, let/held.isEmpty, let/'
broken 'a rank gets chunks ahead behind a suspect' Worker.swift 's/^    if holdsSuspect { return false }$//'
broken 'a suspect whose rank is gone is like any other' MapScheduler.swift \
  's/: held.chunk, isSuspect: held.isSuspect)/: held.chunk, isSuspect: false)/'
broken 'what failed before is handed out' MapScheduler.swift 's/ else { notBegun.remove(index) }$/ else {}/'
broken 'a map that was stopped calls back' MapScheduler.swift 's/guard !isStopped, notBegun/guard notBegun/'
