import SeppoEngine
import SeppoProcess
import SeppoTelemetry

/// What rank 0 shows and records of one call. The thread in the call uses it, or, while that one computes, its deputy.
final class CallObserver {
  private let job: JobObserver
  private let call: CallTally.Call
  private var tally: CallTally?
  private let began: Int
  private let processorStart = processorNanoseconds()
  private let display: ProgressDisplay?
  /// When the display starts, in nanoseconds; `.max` if it has started.
  private var start: Int
  private var lastLook = 0
  /// When each rank's last report came, and the chunks that were recorded as running.
  private var recorded: [Int: Range<Int>] = [:]
  private var heard: [Int]
  private var blocks = Blocks(of: 0)
  /// Failed attempts that are not known to be the last ones, by block.
  private var attempts: [Int: (rank: Int, error: String)] = [:]
  /// Blocks that have exceeded their timeout and whose chunk was not reported yet.
  private var overdue: Set<Int> = []
  private var isOver = false

  /// Calls that last longer than this show their progress, in nanoseconds: those with `progress:`, and others.
  private static let labelledStart = 500_000_000
  private static let usualStart = 2_000_000_000
  /// How often the loop is looked at, in nanoseconds.
  private static let interval = 100_000_000
  /// A chunk that a rank has held for this time is recorded as running, in nanoseconds.
  private static let longChunk = 1_000_000_000

  init(
    _ job: JobObserver, _ call: CallTally.Call, tally: CallTally?, display: ObservationSettings.Progress?
  ) {
    self.job = job
    self.call = call
    self.tally = tally
    let began = monotonicNanoseconds()
    self.began = began
    heard = Array(repeating: began, count: job.hosts.count)
    start = display == nil ? .max : began + (call.label == nil ? CallObserver.usualStart : CallObserver.labelledStart)
    var progress = CallProgress(label: call.label ?? call.title)
    progress.ranks = job.hosts.count
    self.display = display.map {
      ProgressDisplay(progress, began: began, isBar: $0 == .bar, isWanted: call.label != nil, page: job.page)
    }
    job.timeline?.record(at: began) { $0.begin(call, at: began) }
  }

  /// Notes the number of items, once it is known.
  func note(total: Int) { display?.change { $0.total = total } }

  /// Notes blocks whose results a checkpoint has stored.
  func note(stored: [Range<Int>], in blocks: Blocks) {
    let count = stored.reduce(0) { $0 + blocks.items(of: $1).count }
    tally?.stored = count
    display?.change {
      $0.stored = count
      $0.done += count
    }
  }

  func join(_ rank: Int, threads: Int) {
    heard[rank] = monotonicNanoseconds()
    tally?.join(rank, threads: threads)
    display?.change { $0.working = min($0.working + 1, $0.ranks) }
  }

  /// Notes items that are sent to another rank.
  func note(sent bytes: Int) { tally?.bytesSent += bytes }

  /// Notes a chunk that this rank or another one has computed.
  ///
  /// - Parameters:
  ///   - rank: the rank that has computed it.
  ///   - bytes: the size of its results, if they came as a message.
  func take(_ report: ChunkReport, from rank: Int, in blocks: Blocks, bytes: Int? = nil) {
    let now = monotonicNanoseconds()
    heard[rank] = now
    self.blocks = blocks
    let items = blocks.items(of: report.done)
    let new = report.failures.filter { overdue.remove($0.index) == nil }
    let failures = new.count
    display?.change { progress in
      progress.done += items.count - report.failures.count
      progress.retried += failures
      progress.durations.add(items: items.count, nanoseconds: report.nanoseconds)
    }
    if tally != nil, let bytes { tally?.bytesReceived += bytes }
    if tally != nil, let timing = report.timing, !items.isEmpty {
      let ended = timing.began + report.nanoseconds
      let local = rank == 0 ? ended : job.clocks.local(ended, of: rank, sent: ended, received: now)
      let chunk = ComputedChunk(
        rank: rank, thread: timing.thread, began: local - report.nanoseconds, ended: local, items: items,
        failures: failures, encoding: timing.encoding,
        longest: timing.longest.map { .init(items: blocks.items(of: $0.items), nanoseconds: $0.nanoseconds) })
      tally?.add(chunk)
      job.timeline?.record(at: now) { $0.add(chunk, call: call.number) }
    }
    note(new, on: rank)
    startIfDue(at: now)
  }

  private func note(_ failures: [ItemFailure], on rank: Int) {
    if job.timeline == nil { return }
    for failure in failures {
      // It was not the last one.
      if let before = attempts[failure.index] { mark(.retried, rank: before.rank, before.error) }
      attempts[failure.index] = (rank, "\(failure.error)")
    }
  }

  /// Notes blocks that have exceeded their timeout. Their chunks are reported later, if at all.
  func take(_ report: OverdueReport, from rank: Int) {
    overdue.formUnion(report.items.map(\.index))
    tally?.add(overdue: report.items.count, rank: rank)
    display?.change { $0.retried += report.items.count }
    note(report.items, on: rank)
  }

  /// Notes an item that has failed for good.
  func fail(_ failed: FailedItem) {
    tally?.failed += 1
    display?.change { progress in
      progress.failed += 1
      progress.done += 1
      progress.retried = max(0, progress.retried - 1)
    }
    let attempt = attempts.removeValue(forKey: failed.index)
    mark(.failed, rank: attempt?.rank ?? 0, "\(failed.error)")
  }

  private func mark(_ mark: TimelineRecord.Mark, rank: Int, _ text: String) {
    let now = monotonicNanoseconds()
    job.timeline?.record(at: now) { $0.mark(mark, call: call.number, rank: rank, text, at: now) }
  }

  /// Marks the attempts that were not the last ones.
  private func markAttempts() {
    for (_, attempt) in attempts.sorted(by: { $0.key < $1.key }) { mark(.retried, rank: attempt.rank, attempt.error) }
    attempts = [:]
  }

  /// Looks at the loop, now and then.
  ///
  /// - Parameters:
  ///   - total: the number of items; nil while it isn't known.
  ///   - held: returns the chunks that a rank holds.
  func look(at now: Int, total: Int?, held: (Int) -> [Range<Int>]) {
    guard now - lastLook >= CallObserver.interval else { return }
    lastLook = now
    startIfDue(at: now)
    markAttempts()
    var (working, oldest) = (0, 0)
    for rank in heard.indices {
      guard let chunk = held(rank).first else { continue }
      working += 1
      oldest = max(oldest, now - heard[rank])
      guard let timeline = job.timeline, now - heard[rank] > CallObserver.longChunk, recorded[rank] != chunk else {
        continue
      }
      recorded[rank] = chunk
      timeline.record(at: now) {
        $0.noteRunning(blocks.items(of: chunk), on: rank, since: heard[rank], call: call.number)
      }
    }
    display?.change { ($0.working, $0.oldest, $0.total) = (working, oldest, total) }
    job.timeline?.record(at: now) { _ in }
  }

  /// Notes how many items of a call in shared memory are done.
  func note(done: Int, at now: Int) {
    display?.change { ($0.done, $0.working) = (done, $0.ranks) }
    startIfDue(at: now)
  }

  /// Notes what a rank has computed in shared memory.
  func note(items: Int, nanoseconds: Int, on rank: Int) {
    guard tally != nil else { return }
    tally?.join(rank, threads: 1)
    tally?.add(items: items, nanoseconds: nanoseconds, rank: rank)
    guard let timeline = job.timeline, items > 0 else { return }
    let now = monotonicNanoseconds()
    let length = min(nanoseconds, now - began)
    timeline.record(at: now) {
      $0.add(
        ComputedChunk(rank: rank, thread: 0, began: began, ended: began + length, items: 0..<items), call: call.number)
    }
  }

  /// Notes that all items are done.
  func noteComputed() { tally?.computed = monotonicNanoseconds() }

  private func startIfDue(at now: Int) {
    guard now >= start else { return }
    start = .max
    display?.start()
  }

  /// Ends the observation.
  ///
  /// - Parameter error: the error with which the call ends, if it does.
  func end(error: String? = nil) {
    if isOver { return }
    isOver = true
    markAttempts()
    display?.end(hasFailed: error != nil)
    guard var tally else { return }
    tally.ended = monotonicNanoseconds()
    tally.processorTime = processorNanoseconds() - processorStart
    job.take(tally, error: error)
  }
}
