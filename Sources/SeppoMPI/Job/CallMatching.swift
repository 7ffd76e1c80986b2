import SeppoProcess
import SeppoTransport

/// The ranks coming to one call: each tells rank 0 where it is, and rank 0 compares.
///
/// So that ranks that come to different calls are told, instead of waiting for each other for ever.
struct CallMatching {
  private let job: Job
  private let members: Members
  private let signature: CallSignature
  /// On rank 0: what its items are compared by, where every rank has them.
  private let sample: ItemSample?
  /// On rank 0: that another rank has come with other items.
  private(set) var difference: SeppoError?

  init(_ job: Job, _ signature: CallSignature, _ sample: ItemSample? = nil) {
    self.job = job
    members = job.members
    self.signature = signature
    self.sample = sample
  }

  /// On rank 0: whether every rank is in this call.
  var isComplete: Bool { members.areAllPresent }

  /// On another rank: says to rank 0 that this one has come.
  func announce(threads: Int, _ sample: ItemSample? = nil) throws {
    try job.send(CallEntry.write(signature, threads: threads, sample), to: 0, kind: .enter)
  }

  /// On rank 0: the ranks that have come since the last time.
  ///
  /// - Throws: `SeppoError.diverged` where one has come to another call; every rank is told so first.
  mutating func newcomers() throws -> [(rank: Int, threads: Int)] {
    guard !members.entries.isEmpty else { return [] }
    var newcomers: [(rank: Int, threads: Int)] = []
    for rank in members.entries.keys.sorted() where !members.hasCome(rank) {
      guard let entry = members.entries.removeValue(forKey: rank) else { continue }
      guard entry.matches(signature) else {
        members.entries[rank] = entry
        throw try diverge()
      }
      compare(entry, of: rank)
      members.come(rank)
      newcomers.append((rank, entry.threads))
    }
    return newcomers
  }

  private mutating func compare(_ entry: CallEntry, of rank: Int) {
    guard difference == nil, let sample, let other = entry.sample, let found = sample.difference(of: other) else {
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

  /// On rank 0: waits for all.
  mutating func gather() throws {
    var matching = self
    defer { self = matching }
    try job.wait {
      while try job.poll() != nil {}
      _ = try matching.newcomers()
      return matching.isComplete ? () : nil
    }
  }

  /// Looks where everybody is, tells everybody, and gives the error.
  private func diverge() throws -> SeppoError {
    // Those that are on their way will be there in a moment; one that computes for hours isn't waited for.
    var looks = 0
    while looks < 100, (1..<members.size).contains(where: { !members.hasCome($0) && members.entries[$0] == nil }) {
      while try job.poll() != nil {}
      rest(.sleep(nanoseconds: 2_000_000))
      looks += 1
    }
    let positions = (0..<members.size).map { rank in
      if members.hasCome(rank) { return signature.position(of: rank) }
      if let entry = members.entries[rank] { return entry.position(of: rank) }
      return SeppoError.Position(rank: rank, number: nil, call: "code of its own, in no call", place: "", types: "")
    }
    let error = SeppoError.diverged(positions)
    for rank in 1..<members.size { try job.send(error, to: rank, kind: .diverged) }
    // Long messages leave only when their receiver listens, which one that computes for hours doesn't.
    try job.channel.flush(atMost: 200_000_000)
    return error
  }

  /// On another rank: what a message says of the call's end; nil where it is about something else.
  func outcome(of message: Message) throws -> CallOutcome? {
    switch message.kind {
    case .finish:
      let outcome = try CallOutcome(message.bytes, rank: job.rank, host: job.host)
      if case .exit(let status) = outcome {
        if status == StopSignal.status { StopSignal.leave() }
        job.shutdown.leave(status: status, itemsGoOn: job.pool.isRunning)
      }
      return outcome
    case .diverged:
      throw try Control.decode(SeppoError.self, from: message.bytes, rank: job.rank, host: job.host)
    default:
      return nil
    }
  }

  /// On another rank: waits for the call's end.
  func awaitOutcome() throws -> CallOutcome {
    try job.wait {
      guard let message = try job.poll() else { return nil }
      return try outcome(of: message)
    }
  }
}
