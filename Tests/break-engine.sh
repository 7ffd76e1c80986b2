#!/usr/bin/env bash
# Breaks copies of the engine on purpose, each in another way, and checks that simulated maps tell.
# The simulation is worth what it catches. Fails where a break isn't caught, or can't be made any more.
#
#   Tests/break-engine.sh [SCHEDULES [FIRST]]   holds the engine as it is to that number of schedules (10,000), from that
#                                               seed on (0)
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

# What simulates is compiled once: a break changes what the engine's functions do, and not what they are.
# Without optimisation of the engine's module, none of it gets into another.
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
  sed "$4" "Sources/SeppoEngine/$file" >"$folder/engine/$file"
  if cmp -s "Sources/SeppoEngine/$file" "$folder/engine/$file"; then
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
build "$work/whole" -O || { cat "$work/whole/log" >&2; fail "the engine as it is doesn't build"; }
"$work/whole/simulate" --from "$first" --count "$schedules" || fail 'the engine as it is fails'
# Hashing differs from process to process: nothing may follow from it.
"$work/whole/simulate" --count 200 --trace >"$work/first"
"$work/whole/simulate" --count 200 --trace | cmp - "$work/first" || fail 'a seed gives two different schedules'

broken 'a rank gets three chunks for each thread' Scheduling/Worker.swift \
  's/if held < 2 \* threads { return true }/if held < 3 * threads { return true }/'
broken 'the last items are hoarded' Scheduling/Scheduler.swift \
  's/guard remaining > workers.threads, unstarted.count > 0 else/guard unstarted.count > 0 else/'
broken 'what comes back not begun is forgotten' Scheduling/Scheduler.swift \
  's/^    wait(min(chunk.lowerBound + completed, end)..<end, isQuarantined: held.isQuarantined)$//'
broken 'what a rank held that is gone is forgotten' Scheduling/Scheduler.swift \
  's/^      wait(held.isLate ? held.chunk.dropLast() : held.chunk, isQuarantined: held.isQuarantined)$//'
broken 'what is called back is still held' Scheduling/Worker.swift \
  's/^    held\[index\].chunk = held\[index\].chunk.lowerBound..<range.lowerBound$//'
broken 'what failed for good stops nothing' Scheduling/UnstartedItems.swift 's/^    ranges.limit(to: bound)$//'
broken 'the lowest items come last' Scheduling/RangeHeap.swift \
  's/ranges\[child\].lowerBound < ranges\[parent\]/ranges[child].lowerBound > ranges[parent]/'
broken 'an item is tried once too often' Scheduling/Retries.swift 's/if tries > most {/if tries > most + 1 {/'
broken 'an item is tried again where it failed' Scheduling/Retries.swift \
  's/guard isAlone || source != rank, let/guard let/'
broken 'an item is tried again where a thread is still at it' Scheduling/Worker.swift \
  's/lateThreads == 0 ? \[\] : held/lateThreads >= 0 ? [] : held/'
broken 'an item that was late fails twice' Scheduling/Scheduler.swift \
  's/^    if workers\[rank\]?.isLate(index) == true { return .known }$//'
broken 'it ends before what failed was tried again' Scheduling/Scheduler.swift \
  's/private var remaining: Int { unstarted.count + retries.count }/private var remaining: Int { unstarted.count }/'
broken 'nothing is called back' Scheduling/Scheduler.swift \
  's/unstarted.count == 0, workers.asked < workers.idleThreads else/unstarted.count < 0 else/'
broken 'who is asked and has not answered is asked again' Scheduling/Scheduler.swift \
  's/workers\[rank\], !worker.isAsked, /workers[rank], /'
broken 'where an item failed is forgotten when it is given back' Scheduling/Scheduler.swift \
  's/if range.count == 1, retries.wait(range.lowerBound) { return }//'
broken 'a rank that is late all over counts as another one' Scheduling/Workers.swift \
  's/^    able += (after.isAble ? 1 : 0) - (before.isAble ? 1 : 0)$//'
broken 'a rank that was passed over is forgotten' Scheduling/Scheduler.swift \
  's/^    defer { for rank in passedOver { enqueue(rank) } }$//'
broken 'who has had a chunk gets none any more' Scheduling/Scheduler.swift \
  's/^      workers.set(\\.isInIdle, of: rank, to: false)$//'
broken 'tries are remembered for ever' Scheduling/Scheduler.swift 's/^    if chunk.count == 1, completed == 1.*$//'
broken 'queues never let go' Scheduling/Queue.swift \
  's/if head == elements.count {/if head < 0 {/; s/head > 64, //; s/head \* 2 > elements.count/head < 0/'
broken 'what was done before is handed out' Scheduling/UnstartedItems.swift \
  's/^    next = range.upperBound$/    next = range.lowerBound/'
broken 'rank 0 of several is given a suspect' Scheduling/Scheduler.swift \
  's/held.isEmpty, rank != unwitnessed || workers.count == 1, let/held.isEmpty, let/'
broken 'a rank gets chunks ahead behind a suspect' Scheduling/Worker.swift 's/^    if holdsQuarantined { return false }$//'
broken 'a suspect whose rank is gone is like any other' Scheduling/Scheduler.swift \
  's/: held.chunk, isQuarantined: held.isQuarantined)/: held.chunk, isQuarantined: false)/'
broken 'what failed before is handed out' Scheduling/Scheduler.swift 's/ else { unstarted.remove(index) }$/ else {}/'
broken 'a map that was stopped calls back' Scheduling/Scheduler.swift 's/guard !isStopped, unstarted/guard unstarted/'

coordinator() { broken "$1" Coordination/Coordinator.swift "$2"; }
coordinator 'a failure is said twice' 's/^    effects.append(.failed(failure, tries: tries))$/&; &/'
coordinator 'a call that was stopped counts what threw as done' \
  's/if scheduler.isStopped, let first/if scheduler.count < 0, let first/'
coordinator 'it finishes before all are here' 's/guard scheduler.isFinished, areAllHere else/guard scheduler.isFinished else/'
coordinator 'what a lost worker held is not said' 's/^    for chunk in scheduler.held(by: worker) { .*$//'
coordinator 'the end behind what cannot be sent stays in the books' \
  's/^    effects.append(.shortened(worker: worker, failure.index.*$//'
coordinator 'a lost worker is counted twice' 's/^    if !start.isWaiting(for: worker), !scheduler.hasJoined(worker) {/    do {/'
coordinator 'a worker that is lost twice is lost twice' 's/if lost.insert(worker).inserted { lose(worker) }/lost.insert(worker); lose(worker)/'
coordinator 'limits go up' 's/^    guard limit < self.limit else { return }$//'
coordinator 'items that come are forgotten' 's/case .supplied(let more): scheduler.add(more)/case .supplied: break/'
coordinator 'it is ignored that no more items come' 's/case .closed: scheduler.close()/case .closed: break/'
coordinator 'what came back is overdue for ever' 's/^    overdue.remove(in: report.chunk, of: worker)$//'
coordinator 'a repetition that was given up is awaited for ever' 's/^      for place in report.returned.joined() .*$//'
coordinator 'nobody computes again' 's/if let repetitions, !isRefused/if let repetitions, rules.workers < 0, !isRefused/'
broken 'demand ignores what waits' Scheduling/Scheduler.swift \
  's/max(size, sizes.rule.unit) - unstarted.count)/max(size, sizes.rule.unit))/'
broken 'nobody waits for the others at the start' Coordination/JointStart.swift \
  's/deadline = waits ? now + JointStart.longest : nil/deadline = nil/'
broken 'it is stuck before twice the time' Coordination/OverdueItems.swift 's/>= 2 \* timeout/>= timeout/'
broken 'what failed counts as computed' Coordination/ChunkReport.swift 's/failures.map(\\.index) + \[done/[done/'
broken 'an item is computed again by the same worker' Coordination/Repetitions.swift 's/.0 != first && //'
broken 'an item is computed again by a worker that is lost' Coordination/Repetitions.swift 's/^    lost.insert(worker)$//'
broken 'the repetition of a lost worker is awaited for ever' Coordination/Repetitions.swift 's/^    underWay = underWay.filter.*$//'
broken 'what stands behind an overdue item is not given up' Chunks/Participant.swift 's/task.cursor.cut(.max)/task.cursor.cut(0)/'
broken 'what waits behind overdue items is not given up' Chunks/Participant.swift 's/isOverdue) >= threads {/isOverdue) > threads {/'
broken 'recall gives up all of it' Chunks/Participant.swift 's/cursor.left } + 1) \/ 2$/cursor.left } + 1)/'
broken 'an item that is begun is given up' Chunks/ChunkCursor.swift 's/max(max(0, end - wanted) \/ unit \* unit, begun)/max(0, end - wanted) \/ unit * unit/'
broken 'items that have a time are begun together' Chunks/ChunkRun.swift 's/timeout == nil ? longestBatch : 1/longestBatch/'
broken 'what an overdue item gives counts' Chunks/ChunkRun.swift 's/now() - since > timeout {/timeout < 0 {/'
broken 'a thread goes on past the limit' Chunks/ChunkRun.swift 's/^    isLimited = completed < begun$//'
broken 'what stands behind a result that cannot travel has failed' Chunks/ChunkRun.swift 's/^    failed.removeAll { .*$//'

wait
cat "$work"/*/caught
for file in "$work"/*/not-caught; do if [ -e "$file" ]; then cat "$file" >&2; failed=yes; fi; done
[ -z "${failed-}" ] || fail 'some breaks were not caught'
echo "$number breaks, all of them caught"
