import SeppoProcess
import SeppoTransport

/// Matches one collective call: each rank sends its position to rank 0, which compares the positions.
///
/// Ranks that have reached different calls then get an error instead of waiting for each other for ever.
struct CallMatching {
  private let job: Job
  private let members: Members
  private let signature: CallSignature
  /// On rank 0: makes the sample with which items are compared, if every rank has them.
  private let makeSample: (() -> ItemSample)?
  private lazy var sample = makeSample?()
  /// On rank 0: the error for a rank that has joined with other items.
  private(set) var difference: SeppoError?
  /// On rank 0: whether all ranks that have joined use one compute thread.
  private(set) var areAllSingleThreaded = true

  init(_ job: Job, _ signature: CallSignature, _ sample: (() -> ItemSample)? = nil) {
    self.job = job
    members = job.members
    self.signature = signature
    makeSample = sample
  }

  /// On rank 0: whether every rank is in this call.
  var isComplete: Bool { members.areAllPresent }

  /// On another rank: tells rank 0 that this rank has joined the call.
  func announce(threads: Int, _ sample: ItemSample? = nil) throws {
    try job.send(CallEntry.write(signature, threads: threads, sample), to: 0, kind: .enter)
  }

  /// On rank 0: returns the ranks that have joined since the last call of this function.
  ///
  /// - Throws: `SeppoError.diverged` if a rank has reached another call. The error is first sent to every rank.
  mutating func newcomers() throws -> [(rank: Int, threads: Int)] {
    guard !members.entries.isEmpty else { return [] }
    var newcomers: [(rank: Int, threads: Int)] = []
    for rank in members.entries.keys.sorted() {
      guard let entry = members.entries[rank] else { continue }
      // Calls in shared memory end without a message: the rank may already be in the next call, or it has joined this or an
      // earlier one both by a message and in memory.
      if entry.number > signature.number, members.hasJoined(rank) { continue }
      members.entries[rank] = nil
      if entry.number <= job.sharedCalls.lastJoined(rank) || entry.number == signature.number && members.hasJoined(rank)
      {
        continue
      }
      guard entry.matches(signature) else {
        members.entries[rank] = entry
        throw try diverge()
      }
      compare(entry, of: rank)
      if entry.threads != 1 { areAllSingleThreaded = false }
      members.join(rank)
      newcomers.append((rank, entry.threads))
    }
    return newcomers
  }

  private mutating func compare(_ entry: CallEntry, of rank: Int) {
    guard difference == nil, let other = entry.sample, let sample, let found = sample.difference(of: other) else {
      return
    }
    let (index, count): (Int?, Int) =
      switch found {
      case .count(let count): (nil, count)
      case .item(let index): (index, sample.count)
      }
    difference = .itemsDiffer(
      .init(
        index: index, count: count, rank: rank, host: members.hosts[rank], rootCount: sample.count,
        place: signature.site.place))
  }

  /// On rank 0: waits until all ranks have joined.
  mutating func gather() throws {
    var matching = self
    defer { self = matching }
    try job.wait {
      while try job.poll() != nil {}
      _ = try matching.newcomers()
      return matching.isComplete ? () : nil
    }
  }

  /// Determines the position of every rank, sends the error to all of them, and returns it.
  private func diverge() throws -> SeppoError {
    // Most ranks arrive within a moment. One that computes for hours isn't waited for.
    var polls = 0
    while polls < 100, (1..<members.size).contains(where: { !members.hasJoined($0) && members.entries[$0] == nil }) {
      while try job.poll() != nil {}
      rest(.sleep(nanoseconds: 2_000_000))
      polls += 1
    }
    let positions = (0..<members.size).map { rank in
      if members.hasJoined(rank) { return signature.position(of: rank) }
      if let entry = members.entries[rank] { return entry.position(of: rank) }
      return SeppoError.Position(rank: rank, number: nil, call: "its own code, in no call", place: "", types: "")
    }
    let error = SeppoError.diverged(positions)
    for rank in 1..<members.size { try job.send(error, to: rank, kind: .diverged) }
    // A time limit, because a long message is sent only when its receiver polls, and a rank that computes doesn't.
    try job.channel.flush(atMost: 200_000_000)
    return error
  }

  /// On another rank: returns the call's outcome if the message contains it, otherwise nil.
  func outcome(of message: Message) throws -> CallOutcome? {
    switch message.kind {
    case .finish:
      let outcome = try CallOutcome(message.bytes, rank: job.rank, host: job.host)
      if case .exit(let status) = outcome {
        if status == StopSignal.status { StopSignal.leave() }
        job.shutdown.leave(status: status, itemsAreRunning: job.isComputing)
      }
      return outcome
    case .diverged:
      throw try Control.decode(SeppoError.self, from: message.bytes, rank: job.rank, host: job.host)
    default:
      return nil
    }
  }

  /// On another rank: waits for the call's outcome.
  func awaitOutcome() throws -> CallOutcome {
    try job.wait {
      guard let message = try job.poll() else { return nil }
      return try outcome(of: message)
    }
  }
}
