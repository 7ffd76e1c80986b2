/// A timeline of a job: chunks, calls and marks go in; text for the end of a file comes out. The file is complete at any time,
/// so that it shows what happened until then if the job is killed. All times are in nanoseconds of rank 0's clock.
package struct Timeline: Sendable {
  package enum Format: Sendable {
    /// A page for a browser.
    case page
    /// Chrome's trace events, which Perfetto opens too.
    case trace
  }

  /// The maximum number of records of chunks, roughly; see `WorkMerger`.
  private static let capacity = 1 << 18
  /// The maximum number of marks, and of calls, that are recorded one by one.
  private static let mostMarks = 10_000
  private static let mostCalls = 50_000

  private let format: Format
  private let zero: Int
  private var merger: WorkMerger
  private var pending = ""
  private var marks = 0
  private var calls = 0

  package init(_ job: TimelineRecord.Job, _ format: Format, capacity: Int = Timeline.capacity) {
    self.format = format
    zero = job.zero
    merger = WorkMerger(capacity: capacity)
    pending = format == .page ? TimelinePage.head : TraceEvents.head
    write(.job(job))
  }

  private func time(_ nanoseconds: Int) -> Int { (nanoseconds - zero) / 1_000 }

  private mutating func write(_ record: TimelineRecord) {
    switch format {
    case .page: pending += TimelinePage.line(record)
    case .trace: pending += TraceEvents.lines(record)
    }
  }

  private mutating func write(_ records: [TimelineRecord]) { for record in records { write(record) } }

  package mutating func begin(_ call: CallTally.Call, at now: Int) {
    calls += 1
    if calls > Timeline.mostCalls { return }
    write(.callBegan(number: call.number, time: time(now), name: call.name, place: call.place, label: call.label))
  }

  package mutating func end(_ call: CallTally.Call, _ summary: CallSummary?, error: String?, at now: Int) {
    if calls > Timeline.mostCalls { return }
    write(.callEnded(number: call.number, time: time(now), error: error, summary: summary))
  }

  package mutating func add(_ chunk: ComputedChunk, call: Int) {
    write(
      merger.add(
        TimelineRecord.Work(
          call: call, rank: chunk.rank, thread: chunk.thread, began: time(chunk.began), ended: time(chunk.ended),
          busy: chunk.nanoseconds / 1_000, encoding: chunk.encoding / 1_000, first: chunk.items.lowerBound,
          end: chunk.items.upperBound, items: chunk.items.count, failures: chunk.failures, chunks: 1)))
  }

  package mutating func noteRunning(_ items: Range<Int>, on rank: Int, since: Int, call: Int) {
    write(.running(call: call, rank: rank, since: time(since), items: items))
  }

  package mutating func mark(_ mark: TimelineRecord.Mark, call: Int, rank: Int, _ text: String, at now: Int) {
    marks += 1
    if marks > Timeline.mostMarks { return }
    write(.mark(mark, call: call, time: time(now), rank: rank, text: text))
  }

  /// Records what the short calls of a place have done.
  package mutating func note(_ place: CallSummary) { write(.place(place)) }

  /// Records the end of the job. Nothing may follow.
  package mutating func end(_ text: String, at now: Int) {
    write(merger.flush())
    write(.end(time: time(now), text: text))
  }

  /// Returns the text since the last time.
  package mutating func take(at now: Int) -> String {
    write(merger.flush(before: time(now)))
    defer { pending = "" }
    return pending
  }
}
