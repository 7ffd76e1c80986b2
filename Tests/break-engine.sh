#!/usr/bin/env bash
# Mutation test of the engine: breaks copies of it, each in a different way, and checks that the simulation fails.
# Fails if a break isn't caught, or no longer applies because the engine has changed.
#
#   Tests/break-engine.sh [SCHEDULES [FIRST]]   first simulates the unbroken engine with this number of schedules
#                                               (default 10,000), starting at this seed (default 0)
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

readonly seeds=10000
schedules=${1:-$seeds} first=${2:-0}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

fail() {
  printf 'break-engine.sh: %s\n' "$@" >&2
  exit 1
}

compile() { swiftc -swift-version 6 -parse-as-library -package-name Seppo -I "$work/modules" "$@"; }

# The simulation is compiled once, as a break changes no interface of the engine. The engine's module is emitted without
# optimisation, so that no engine code is inlined into the simulation.
mkdir "$work/modules"
compile -Onone -wmo -c -module-name SeppoEngine -emit-module-path "$work/modules/SeppoEngine.swiftmodule" \
  -o "$work/engine.o" Sources/SeppoEngine/*/*.swift
compile -O -wmo -c -module-name SeppoSimulation -emit-module-path "$work/modules/SeppoSimulation.swiftmodule" \
  -o "$work/simulation.o" Tests/Simulation/*.swift
compile -O -wmo -c -module-name Simulate -o "$work/simulate.o" Tests/Programs/Simulate/*.swift

# build FOLDER: links FOLDER/simulate with the engine in FOLDER/engine
build() {
  compile "${2--Onone}" -wmo -c -module-name SeppoEngine -o "$1/engine.o" "$1/engine"/*/*.swift >"$1/log" 2>&1 &&
    swiftc -o "$1/simulate" "$work"/{simulate,simulation}.o "$1/engine.o" >>"$1/log" 2>&1
}

# copy FOLDER
copy() {
  mkdir -p "$1"
  cp -R Sources/SeppoEngine "$1/engine"
}

# broken TITLE FILE SED: makes and tests one break in the background, as many at a time as there are cores
number=0
broken() {
  number=$((number + 1))
  while [ "$(jobs -rp | wc -l)" -ge "$(nproc)" ]; do wait -n || true; done
  try_break "$work/$(printf %02d $number)" "$@" &
}

# try_break FOLDER TITLE FILE SED: writes the result to FOLDER/caught, or the problem to FOLDER/not-caught
try_break() {
  local folder=$1 title=$2 file=$3 status=0
  copy "$folder"
  sed "$4" "Sources/SeppoEngine/$file" >"$folder/engine/$file"
  if cmp -s "Sources/SeppoEngine/$file" "$folder/engine/$file"; then
    echo "$title: the break no longer applies, as $file has changed; adapt its pattern" >"$folder/not-caught"
    return
  fi
  build "$folder" || { { cat "$folder/log"; echo "$title: the break doesn't compile"; } >"$folder/not-caught"; return; }
  "$folder/simulate" --first --count "$seeds" >"$folder/found" 2>"$folder/errors" || status=$?
  if [ "$status" -eq 1 ] && grep -q '^seed ' "$folder/found"; then
    printf '%-62s %s\n' "$title" "$(grep -m1 '^seed ' "$folder/found" | cut -c1-150)" >"$folder/caught"
  else
    { tail -n 5 "$folder/found" "$folder/errors"; echo "$title: not caught in $seeds schedules"; } >"$folder/not-caught"
  fi
  rm -f "$folder/simulate"
}

copy "$work/whole"
build "$work/whole" -O || { cat "$work/whole/log" >&2; fail "the unbroken engine doesn't build"; }
"$work/whole/simulate" --from "$first" --count "$schedules" || fail 'the unbroken engine fails the simulation'
# Hashing differs between processes, so it must not influence a schedule.
"$work/whole/simulate" --count 200 --trace >"$work/first"
"$work/whole/simulate" --count 200 --trace | cmp - "$work/first" || fail 'a seed produces two different schedules'

broken 'a rank holds three chunks per thread' Scheduling/Worker.swift \
  's/if held < 2 \* threads { return true }/if held < 3 * threads { return true }/'
broken 'the last items are prefetched' Scheduling/Scheduler.swift \
  's/guard remaining > workers.threads, unstarted.count > 0 else/guard unstarted.count > 0 else/'
broken 'items returned unstarted are lost' Scheduling/Scheduler.swift \
  's/^    putBack(min(chunk.lowerBound + completed, end)..<end, isQuarantined: held.isQuarantined)$//'
broken 'the items of a lost rank are lost' Scheduling/Scheduler.swift \
  's/^      putBack(held.isOverdue ? held.chunk.dropLast() : held.chunk, isQuarantined: held.isQuarantined)$//'
broken 'recalled items stay held' Scheduling/Worker.swift \
  's/^    held\[index\].chunk = held\[index\].chunk.lowerBound..<range.lowerBound$//'
broken 'a permanent failure stops nothing' Scheduling/UnstartedItems.swift 's/^    ranges.limit(to: bound)$//'
broken 'the highest items are assigned first' Scheduling/RangeHeap.swift \
  's/ranges\[child\].lowerBound < ranges\[parent\]/ranges[child].lowerBound > ranges[parent]/'
broken 'an item is tried once too often' Scheduling/Retries.swift 's/if tries > maximum {/if tries > maximum + 1 {/'
broken 'an item is retried on the rank where it failed' Scheduling/Retries.swift \
  's/guard isOnlyAvailable || source != rank, let/guard let/'
broken 'an item is retried on a rank that is still computing it' Scheduling/Worker.swift \
  's/overdueThreads == 0 ? \[\] : held/overdueThreads >= 0 ? [] : held/'
broken 'an overdue item fails twice' Scheduling/Scheduler.swift \
  's/^    if workers\[rank\]?.isOverdue(index) == true { return .alreadyKnown }$//'
broken 'the map ends before the retries' Scheduling/Scheduler.swift \
  's/private var remaining: Int { unstarted.count + retries.count }/private var remaining: Int { unstarted.count }/'
broken 'nothing is recalled' Scheduling/Scheduler.swift \
  's/unstarted.count == 0, workers.pendingRecalls < workers.idleThreads else/unstarted.count < 0 else/'
broken 'a rank is asked again before it has replied' Scheduling/Scheduler.swift \
  's/workers\[rank\], !worker.isRecallPending, /workers[rank], /'
broken 'returned retries forget where the item failed' Scheduling/Scheduler.swift \
  's/if range.count == 1, retries.putBack(range.lowerBound) { return }//'
broken 'a rank with overdue threads only counts as available' Scheduling/Workers.swift \
  's/^    available += (after.isAvailable ? 1 : 0) - (before.isAvailable ? 1 : 0)$//'
broken 'a rank that was skipped is forgotten' Scheduling/Scheduler.swift \
  's/^    defer { for rank in skipped { enqueue(rank) } }$//'
broken 'a rank gets only one chunk' Scheduling/Scheduler.swift \
  's/^      workers.set(\\.isInIdle, of: rank, to: false)$//'
broken 'failed tries are never forgotten' Scheduling/Scheduler.swift 's/^    if chunk.count == 1, completed == 1.*$//'
broken 'queues never free memory' Scheduling/Queue.swift \
  's/if head == elements.count {/if head < 0 {/; s/head > 64, //; s/head \* 2 > elements.count/head < 0/'
broken 'items done before are assigned' Scheduling/UnstartedItems.swift \
  's/^    next = range.upperBound$/    next = range.lowerBound/'
broken 'rank 0 of several gets a quarantined item' Scheduling/Scheduler.swift \
  's/held.isEmpty, rank != quarantineExempt || workers.count == 1, let/held.isEmpty, let/'
broken 'a rank prefetches behind a quarantined item' Scheduling/Worker.swift 's/^    if holdsQuarantined { return false }$//'
broken 'the item of a lost rank leaves the quarantine' Scheduling/Scheduler.swift \
  's/: held.chunk, isQuarantined: held.isQuarantined)/: held.chunk, isQuarantined: false)/'
broken 'items that failed before are assigned' Scheduling/Scheduler.swift 's/ else { unstarted.remove(index) }$/ else {}/'
broken 'a stopped map recalls items' Scheduling/Scheduler.swift 's/guard !isStopped, unstarted/guard unstarted/'

coordinator() { broken "$1" Coordination/Coordinator.swift "$2"; }
coordinator 'a failure is reported twice' 's/^    effects.append(.failed(failure, tries: tries))$/&; &/'
coordinator 'a stopped call counts a failed item as done' \
  's/if scheduler.isStopped, let first/if scheduler.count < 0, let first/'
coordinator 'the call finishes before all have joined' 's/guard scheduler.isFinished, allJoinedOrLost else/guard scheduler.isFinished else/'
coordinator 'the chunks of a lost worker are not reported' 's/^    for chunk in scheduler.held(by: worker) { .*$//'
coordinator 'items after an unsendable one stay held' \
  's/^    effects.append(.shortened(worker: worker, failure.index.*$//'
coordinator 'a lost worker is counted twice' 's/^    if !startBarrier.isWaiting(for: worker), !scheduler.hasJoined(worker) {/    do {/'
coordinator 'a second loss of a worker is handled' 's/if lost.insert(worker).inserted { removeLost(worker) }/lost.insert(worker); removeLost(worker)/'
coordinator 'limits increase' 's/^    guard limit < self.limit else { return }$//'
coordinator 'added items are ignored' 's/case .supplied(let more): supply(more)/case .supplied: break/'
coordinator 'settled items are reported twice' 's/^    if rules.reportsSettled { effects.append(.settled(range)) }$/&; &/'
coordinator 'failed items are not reported as settled' \
  's/^    settle(failure.index..<(failure.index + 1))$/    settled.insert(failure.index..<(failure.index + 1))/'
coordinator 'the closing of the items is ignored' 's/case .closed: scheduler.close()/case .closed: break/'
coordinator 'an item above a failed one decides the call' 's/index < min(scheduler.bound, decisive)/index < decisive/'
coordinator 'an item decides the call twice' 's/index < min(scheduler.bound, decisive)/index < scheduler.bound/'
coordinator 'failures above a deciding item count' 's/^    effects.append(.decided(by: index))$//'
coordinator 'workers compute items above a deciding one' 's/^    lowerLimit(to: index + 1)$//'
broken 'items above a deciding one are assigned' Scheduling/Scheduler.swift \
  's/func decided(by index: Int) { limit(to: index + 1) }/func decided(by index: Int) {}/'
broken 'items that are added after a decision are assigned' Scheduling/Scheduler.swift \
  's/guard index <= bound else { return }/guard index < bound else { return }/'
coordinator 'a returned item stays overdue' 's/^    overdue.remove(in: report.chunk, of: worker)$//'
coordinator 'a repetition that was given up is awaited' 's/^      for index in report.returned.joined() .*$//'
coordinator 'nothing is repeated' 's/if let repetitions, !isRefused/if let repetitions, rules.workers < 0, !isRefused/'
broken 'the demand ignores unstarted items' Scheduling/Scheduler.swift \
  's/max(size, sizes.rule.unit) - unstarted.count)/max(size, sizes.rule.unit))/'
broken 'no worker waits at the start' Coordination/StartBarrier.swift \
  's/deadline = waits ? now + StartBarrier.timeout : nil/deadline = nil/'
broken 'the call is stuck before twice the time limit' Coordination/OverdueItems.swift 's/>= 2 \* timeout/>= timeout/'
broken 'failed items count as computed' Coordination/ChunkReport.swift 's/failures.map(\\.index) + \[done/[done/'
broken 'an item is repeated by the same worker' Coordination/Repetitions.swift 's/.0 != first && //'
broken 'an item is repeated by a lost worker' Coordination/Repetitions.swift 's/^    lost.insert(worker)$//'
broken 'the repetition of a lost worker is awaited' Coordination/Repetitions.swift 's/^    inProgress = inProgress.filter.*$//'
broken 'items after an overdue one are not given up' Chunks/Participant.swift 's/task.cursor.cut(.max)/task.cursor.cut(0)/'
broken 'chunks behind overdue items are not given up' Chunks/Participant.swift 's/isOverdue) >= threads {/isOverdue) > threads {/'
broken 'a recall gives up all items' Chunks/Participant.swift 's/cursor.remaining } + 1) \/ 2$/cursor.remaining } + 1)/'
broken 'a started item is given up' Chunks/AtomicRange.swift 's/max(place(range), range.lowerBound)/place(range)/'
broken 'items with a time limit share a batch' Chunks/ChunkRun.swift 's/timeout == nil ? longestBatch : 1/longestBatch/'
broken 'the result of an overdue item counts' Chunks/ChunkRun.swift 's/now() - startTime > timeout {/timeout < 0 {/'
broken 'a thread continues past the limit' Chunks/ChunkRun.swift 's/^    isStopped = completed < started$//'
broken 'items after an unsendable result have failed' Chunks/ChunkRun.swift 's/^    failed.removeAll { .*$//'

wait
cat "$work"/*/caught
for file in "$work"/*/not-caught; do if [ -e "$file" ]; then cat "$file" >&2; failed=yes; fi; done
[ -z "${failed-}" ] || fail 'some breaks were not caught'
echo "all $number breaks were caught"
