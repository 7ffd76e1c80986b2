/// What a timeline consists of. Times are in microseconds since the beginning of the job, of rank 0's clock.
package enum TimelineRecord: Sendable {
  package struct Job: Sendable {
    package var program: String
    /// The host of each rank.
    package var hosts: [String]
    /// When the job began, in milliseconds since 1970.
    package var began: Int
    /// The same moment in nanoseconds of rank 0's monotonic clock.
    package var zero: Int

    package init(program: String, hosts: [String], began: Int, zero: Int) {
      self.program = program
      self.hosts = hosts
      self.began = began
      self.zero = zero
    }
  }

  /// One or several chunks of a thread, one after the other.
  package struct Work: Sendable, Equatable {
    var call: Int
    var rank: Int
    var thread: Int
    var began: Int
    var ended: Int
    /// The time in chunks, and the part of it for encoding.
    var busy: Int
    var encoding: Int
    /// The first item, the end of the last chunk, and the number of items.
    var first: Int
    var end: Int
    var items: Int
    var failures: Int
    var chunks: Int
  }

  package enum Mark: String, Sendable {
    case failed, retried
  }

  case job(Job)
  case callBegan(number: Int, time: Int, name: String, place: String, label: String?)
  case callEnded(number: Int, time: Int, error: String?, summary: CallSummary?)
  /// All short calls of one place.
  case place(CallSummary)
  case work(Work)
  /// A rank has held a chunk for a while, since this time.
  case running(call: Int, rank: Int, since: Int, items: Range<Int>)
  case mark(Mark, call: Int, time: Int, rank: Int, text: String)
  /// From now on, chunks of a thread that lie within this time are recorded together.
  case resolution(Int)
  /// The job's end, by the program or by Seppo.
  case end(time: Int, text: String)
}
