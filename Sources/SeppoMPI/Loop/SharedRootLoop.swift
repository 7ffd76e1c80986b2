import SeppoCompute
import SeppoEngine
import SeppoProcess
import SeppoTransport
import SeppoWire

/// The loop of the rank that has the items, in a call that is made in shared memory.
///
/// Each rank takes its chunks from the shared cursor, this one too. Messages are needed only if an item fails, or its value
/// doesn't fit into the memory.
final class SharedRootLoop<Element: Codable & Sendable, Value: Codable & Sendable>: RootRole {
  let call: MapCall<Element, Value>
  private let job: Job
  private let site: CallSite
  private let number: Int
  private let computation: SharedComputation<Element, Value>
  private let endsInMemory: Bool
  private let observer: CallObserver?
  private var matching: CallMatching
  private var stopController: EarlyStopController
  private var sink: (any Sink<Value>)?
  /// The lowest index at which the call failed, and the error, if the verb throws the first failure.
  private var failure: (index: Int, error: SeppoError)?
  /// The failed items, if the verb keeps failures.
  private var failures: [FailedItem] = []
  /// The number of blocks that were settled by messages, or by this rank without shared memory.
  private var settledApart = 0
  private var isStopped = false
  /// Whether items may be computed.
  private var isOpen: Bool
  private var thrown: (any Error)?
  /// Reports that have arrived and are not taken yet.
  private var arrived: [Message] = []
  /// Blocks whose values were lost behind one that can't be decoded.
  private var again: [Range<Int>] = []

  /// - Parameter endsInMemory: whether the other ranks leave the call when all values are stored, without a message.
  init(
    _ call: MapCall<Element, Value>, _ signature: CallSignature, _ computation: SharedComputation<Element, Value>,
    _ sample: (() -> ItemSample)?, isOpen: Bool, endsInMemory: Bool, _ observer: CallObserver?
  ) {
    self.call = call
    self.computation = computation
    self.isOpen = isOpen
    self.endsInMemory = endsInMemory
    self.observer = observer
    observer?.note(total: computation.blocks.items)
    job = call.job
    site = signature.site
    number = signature.number
    matching = CallMatching(job, signature, sample)
    stopController = EarlyStopController(job, call.place)
  }

  private var area: SharedArea { computation.area }
  private var blocks: Blocks { computation.blocks }

  var isOpenEnded: Bool { false }
  var count: Int { blocks.count }

  func checkMemory() {}

  func run(into sink: any Sink<Value>) throws -> [FailedItem] {
    self.sink = sink
    defer { area.leave(0, number) }
    do {
      try untilSettled()
    } catch {
      area.cursor.lower(to: 0)
      throw error
    }
    noteComputed()
    if !allUseMemory { site.isUnsuited = true }
    site.calibration?.add(nanoseconds: area.cursor.nanoseconds, items: area.cursor.finished)
    if let failure { try fail(with: failure.error) }
    try readValues()
    return failures.sorted { $0.index < $1.index }
  }

  /// The number of items that are done. The last block may be smaller than the others.
  private var doneItems: Int { min(progress.completed * blocks.fullSize(of: 0), blocks.items) }

  private func noteComputed() {
    guard let observer else { return }
    var left = blocks.items
    for rank in 0..<job.size where rank == 0 || area.hasJoined(rank, number) {
      let (blocks, nanoseconds) = area.cursor.finished(by: rank)
      // The last block may be smaller.
      let items = min(blocks * self.blocks.fullSize(of: 0), left)
      left -= items
      observer.note(items: items, nanoseconds: nanoseconds, on: rank)
    }
    observer.note(done: doneItems, at: monotonicNanoseconds())
    observer.noteComputed()
  }

  func share(_ sink: ArraySink<Value>, failures: [FailedItem]) throws {
    if !endsInMemory || settledApart > 0 || !allUseMemory { try shareByMessages(sink, failures: failures) }
  }

  private func untilSettled() throws {
    area.join(0, number)
    job.deputy.begin { [unowned self] in self.turnOfDeputy() }
    defer {
      job.deputy.end()
      computation.restoreEnvironment()
    }
    var pace = SharedPace(job, item: computation.expectedTime)
    while true {
      switch computation.step() {
      case .nothingLeft:
        if isSettled {
          if isOpen || failure != nil { return }
          isOpen = true
          area.cursor.open(count: count)
          continue
        }
        if let range = again.popLast() {
          computation.compute(again: range)
          continue
        }
        if pace.isTurnDue { try turnOfCaller() }
        pace.pause()
      case .stored:
        pace.reset()
        if pace.isTurnDueAfterChunk { try turnOfCaller() }
      case .unstored(let parts):
        pace.reset()
        for part in parts { try take(part.report, from: 0, part.payload) }
        try turnOfCaller()
      }
      if let thrown { throw thrown }
    }
  }

  /// Whether every rank is in the call, and no chunk is being computed or left. If the job was asked to stop, that is handled
  /// in this call, unless the others can leave it.
  private var isSettled: Bool {
    holdsNothing && again.isEmpty && isComplete
      && (!isStopped || endsInMemory && allUseMemory && area.cursor.finished == count)
  }

  private func turnOfDeputy() {
    guard thrown == nil else { return }
    do { try turn() } catch {
      thrown = error
      limit(to: 0)
    }
  }

  /// Handles all pending events. The deputy may call it while the calling thread computes, so that it runs none of the
  /// program's code.
  private func turn() throws {
    let now = monotonicNanoseconds()
    noteJoined()
    try job.checkRanks(at: now)
    if try stopController.check(at: now, self) { stop() }
    observer?.note(done: doneItems, at: now)
    while let message = try job.poll() { if message.kind == .computed { arrived.append(message) } }
    // A rank that has joined in the meantime may already be in the next call.
    if !job.members.entries.isEmpty { noteJoined() }
    for (rank, threads) in try matching.newcomers() { observer?.join(rank, threads: threads) }
    // This error takes precedence over failed items.
    if let difference = matching.difference { fail(at: -1, difference) }
  }

  /// Handles the events of a turn, and what they contain.
  private func turnOfCaller() throws {
    try turn()
    for message in arrived {
      let frame = try ReportFrame(message.bytes, rank: job.rank, host: job.host)
      try take(frame.report, from: message.source, (frame.payload, message.payload))
    }
    arrived.removeAll()
  }

  /// Notes the ranks that have joined: they are expected to answer heartbeats.
  private func noteJoined() {
    if job.members.areAllPresent { return }
    for rank in 1..<job.size where area.hasJoined(rank, number) { job.noteJoined(rank) }
  }

  private func stop() {
    isStopped = true
    limit(to: 0)
  }

  /// Starts no more blocks at or above this index, on any rank.
  private func limit(to bound: Int) {
    area.cursor.lower(to: bound)
    computation.context.limits.lower(to: bound)
    for rank in job.members.present { try? job.send(bound, to: rank, kind: .stop) }
  }

  /// Takes a chunk whose values aren't in shared memory.
  private func take(
    _ report: ChunkReport, from rank: Int, _ payload: (bytes: UnsafeRawBufferPointer, owner: AnyObject)?
  ) throws {
    observer?.take(report, from: rank, in: blocks, bytes: rank == 0 ? nil : payload?.bytes.count)
    var report = report
    if !report.failures.isEmpty, stopController.isRequested,
      try stopController.begin(at: monotonicNanoseconds(), self)
    {
      stop()
    }
    if let payload, report.failures.isEmpty || !computation.context.stopsAtFailure {
      if let bad = sink?.read(report, of: rank, from: payload.bytes, owner: payload.owner) {
        // The values behind it are lost.
        report.failures.removeAll { $0.index >= bad.index }
        report.failures.append(
          ItemFailure(index: bad.index, error: call.error(bad, blocks.firstItem(of: bad.index))))
        let rest = (bad.index + 1)..<(report.chunk.lowerBound + report.completed)
        report.completed -= rest.count
        if call.verb.keepsFailures, !rest.isEmpty { again.append(rest) }
      }
    }
    for failed in report.failures.compactMap(FailedItem.init) {
      observer?.fail(failed)
      if call.verb.keepsFailures {
        failures.append(failed.after(tries: 1))
      } else {
        fail(at: failed.index, failed.after(tries: 1).error)
      }
    }
    settledApart += isWhole(report) ? report.chunk.count : report.completed
  }

  /// Whether nothing of the chunk is left to compute. Otherwise a request to stop has interrupted it, and the job ends.
  private func isWhole(_ report: ChunkReport) -> Bool {
    report.completed == report.chunk.count
      || failure.map { $0.index <= report.chunk.lowerBound + report.completed } == true
  }

  private func fail(at index: Int, _ error: SeppoError) {
    guard failure.map({ index < $0.index }) ?? true else { return }
    failure = (index, error)
    limit(to: max(index, 0))
  }

  private func readValues() throws {
    let stride = call.valuesAreMemory ? MemoryLayout<Value>.stride : nil
    func read(_ chunk: Range<Int>, _ bytes: UnsafeRawBufferPointer) throws {
      let report = ChunkReport(chunk: chunk, completed: chunk.count, nanoseconds: 0)
      if let bad = sink?.read(report, of: 0, from: bytes, owner: area.owner) {
        // The rank that computed it could decode it, and the others have left the call.
        try job.shutdown.endJob(call.error(bad, blocks.firstItem(of: bad.index)), at: call.place)
      }
    }
    if let stride, settledApart == 0 {
      return try read(0..<count, UnsafeRawBufferPointer(area.values(of: 0..<count, stride: stride)))
    }
    try area.eachPart(count, stride: stride, read)
  }
}

extension SharedRootLoop: StoppableCall {
  /// A rank that has only announced itself by a message may still join in memory.
  var isComplete: Bool {
    noteJoined()
    return job.members.areAllPresent
      && (1..<job.size).allSatisfy { area.hasJoined($0, number) || area.hasDeclined($0, number) }
  }

  /// Whether no rank takes part by messages, once the call is complete.
  private var allUseMemory: Bool { (1..<job.size).allSatisfy { area.hasJoined($0, number) } }

  var holdsNothing: Bool { area.cursor.taken == area.cursor.finished + settledApart }
  var progress: (completed: Int, count: Int?) { (area.cursor.finished + settledApart, count) }
  var storedResults: (any StoredResults)? { nil }
  func close() {}
}
