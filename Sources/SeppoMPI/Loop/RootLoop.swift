import SeppoCompute
import SeppoEngine
import SeppoProcess
import SeppoTransport
import SeppoWire

/// The rank that has the items: does what the call's coordinator wants, and tells it what happens.
final class RootLoop<Element: Codable & Sendable, Value: Codable & Sendable> {
  private typealias Task = MapTask<Element, Value>

  private let call: MapCall<Element, Value>
  private let job: Job
  private let context: MapContext
  private let source: ItemSource<Element>
  private let site: CallSite
  private var matching: CallMatching
  private let checkpoint: CallCheckpoint<Element, Value>
  private var ending: EarlyEnding

  private var coordinator: Coordinator
  private var sink: any Sink<Value>
  private var memory: MemoryWatch<Element, Value>
  private var comparison: ResultComparison<Element, Value>
  /// The error of the lowest item that failed so far, where the first failure is thrown.
  private var failure: SeppoError?
  /// The items that failed, where they are kept.
  private var failures: [FailedItem] = []
  private var isFinished = false

  init(_ call: MapCall<Element, Value>, _ signature: CallSignature, _ source: ItemSource<Element>, round: Int) {
    self.call = call
    self.source = source
    job = call.job
    context = call.context()
    site = signature.site
    let isCompared = call.options.areEverywhere && job.size > 1
    matching = CallMatching(job, signature, isCompared ? ItemSample(source.elements) : nil)
    checkpoint = CallCheckpoint(call, source, round: round)
    ending = EarlyEnding(job, call.place)
    coordinator = Coordinator(.init(workers: 1), .init(count: 0), at: 0)
    sink = FoldSink<Value> { _, _ in }
    memory = MemoryWatch(
      call, source.blocks.count, others: call.givesToAll ? job.members.here - 1 : 0, seesGrowth: job.size == 1)
    comparison = ResultComparison(call)
  }

  /// Values that there will be.
  var count: Int { source.blocks.count }

  /// To be asked before there are places for all values.
  ///
  /// - Throws: as `run`, where there is no room for them.
  func checkRoom() throws {
    if let shortage = memory.shortageAtStart() { try refuse(shortage, isComplete: false) }
  }

  /// Computes all values, on all ranks.
  ///
  /// - Returns: the items that failed, where they are kept, lowest first.
  /// - Throws: the error with which the call ends, which every rank has been told.
  func run(into sink: any Sink<Value>) throws -> [FailedItem] {
    memory.isOff = !type(of: sink).keepsPlaces
    do {
      try begin(sink)
      try untilFinished()
      site.calibration = coordinator.calibration
      if let error = failure ?? comparison.difference { try refuse(error) }
      try checkpoint.close()
      if let shortage = memory.shortageOfCopies(count - failures.count) { try refuse(shortage) }
    } catch {
      // What has come is kept all the same, and is read until then.
      try? checkpoint.close()
      throw error
    }
    return failures.sorted { $0.index < $1.index }
  }

  /// On every rank the call ends with the error.
  ///
  /// - Parameter isComplete: whether all are in it.
  func refuse(_ error: SeppoError, isComplete: Bool = true) throws {
    if !isComplete { try matching.gather() }
    try job.finish(.threw(error))
    throw error
  }

  /// Gives the values to every rank that wants them.
  func share(_ sink: ArraySink<Value>, failures: [FailedItem]) throws {
    guard job.size > 1 else { return }
    guard call.givesToAll else { return try job.finish(.done) }
    let sharing = try Sharing(job, failures: failures)
    if call.valuesAreMemory {
      try sharing.give(memory: UnsafeMutableRawBufferPointer(sink.places(0..<sink.count)), count: sink.count)
    } else {
      try sharing.give(sink.parts)
    }
  }

  /// Takes over what earlier jobs have left, and begins.
  private func begin(_ sink: any Sink<Value>) throws {
    var start = Coordinator.Start(count: count)
    do {
      self.sink = try checkpoint.open(sink, &start)
    } catch let error as SeppoError {
      return try refuse(error, isComplete: false)
    }
    start.calibration = site.calibration
    for failed in checkpoint.poison where call.verb.keepsFailures || failure == nil { keep(failed) }
    var rules = call.rules(workers: job.size)
    rules.timeout = source.blocks.time(rules.timeout)
    rules.waitsForAll = job.current.number == 1 || call.options.areEverywhere && site.calibration == nil
    rules.repeats = job.checksWire && job.size > 1 && call.verb.destination != .nowhere
    coordinator = Coordinator(rules, start, at: monotonicNanoseconds())
    coordinator.handle(.joined(worker: job.rank, threads: call.options.threads))
  }

  private func untilFinished() throws {
    var backoff = Backoff()
    do {
      while !isFinished {
        if try turn() { backoff.reset() } else if !isFinished { try job.pause(&backoff) }
      }
    } catch {
      try call.settle(context.limits, after: error)
      throw error
    }
  }

  /// Takes in what has happened, and does what follows from it.
  ///
  /// - Returns: whether anything has.
  private func turn() throws -> Bool {
    let now = monotonicNanoseconds()
    coordinator.advance(to: now)
    // A rank with a long item expects to be asked, however busy the others keep this one.
    try job.attend(at: now)
    try checkpoint.keepUp(at: now, all: ending.isUnderWay)
    if try ending.look(at: now, self) { coordinator.handle(.stopped) }
    var hasMoved = false
    while let message = try job.poll() {
      try take(message)
      hasMoved = true
    }
    for (rank, threads) in try matching.newcomers() {
      job.log.debug("rank \(rank) takes part, with \(threads) compute thread(s)")
      coordinator.handle(.joined(worker: rank, threads: threads))
      coordinator.advance(to: now)
    }
    refuseOtherItems()
    for case let task as Task in job.pool.takeFinished() {
      try take(task)
      hasMoved = true
    }
    try takeOverdue()
    return try performAll() || hasMoved
  }

  /// Tells the coordinator of an event. What it wants done is done at the turn's end, when it knows of all that has come; but
  /// for what is to be compared with what came with the event.
  private func handle(_ event: Event, _ payload: UnsafeRawBufferPointer? = nil) throws {
    coordinator.handle(event)
    if coordinator.isRepeating { _ = try performAll(payload) }
  }

  /// - Returns: whether there was anything to be done.
  private func performAll(_ payload: UnsafeRawBufferPointer? = nil) throws -> Bool {
    var hasMoved = false
    while let effect = coordinator.nextEffect() {
      try perform(effect, payload)
      hasMoved = true
    }
    return hasMoved
  }

  private func perform(_ effect: Effect, _ payload: UnsafeRawBufferPointer?) throws {
    switch effect {
    case .give(let worker, let chunk, let isRepetition): try give(chunk, to: worker, isRepetition: isRepetition)
    case .recall(let worker):
      job.log.debug("recalls half of what rank \(worker) has not begun")
      if worker == job.rank {
        coordinator.handle(.returned(worker: worker, job.pool.recall()))
      } else {
        try job.send([Int](), to: worker, kind: .recall)
      }
    case .limit(let bound):
      memory.isOff = true
      context.limits.lower(to: bound)
      for rank in job.members.present { try job.send(bound, to: rank, kind: .stop) }
    case .released(let worker, let chunk): try checkpoint.released(chunk, by: worker)
    case .shortened(let worker, let end): try checkpoint.shortened(end, by: worker)
    case .failed(let failure, let tries):
      job.log.debug("item \(failure.index) has failed: \(failure.error)")
      if let failed = FailedItem(failure)?.after(tries: tries) { keep(failed) }
    case .compare(let index, let first, let second, let report):
      comparison.compare(
        source.blocks.firstItem(of: index), first, second, report, payload,
        with: UnsafeBufferPointer(sink.places(index..<(index + 1))))
    case .stuck(let index, let worker, let nanoseconds):
      try job.shutdown.endJob(
        SeppoError.itemStuck(
          .init(
            index: source.blocks.firstItem(of: index), rank: worker, host: job.hosts[worker],
            seconds: Double(nanoseconds) / 1e9, place: call.place.text)), at: call.place)
    case .finished: isFinished = true
    }
  }

  /// An item has failed for good.
  private func keep(_ failed: FailedItem) {
    if call.verb.keepsFailures { failures.append(failed) } else { failure = failed.error }
  }

  /// Where a rank has other items than this one: nothing is begun any more, whatever was before that rank came.
  private func refuseOtherItems() {
    guard let difference = matching.difference, failure != difference else { return }
    failure = difference
    coordinator.handle(.refused)
  }

  private func give(_ chunk: Range<Int>, to worker: Int, isRepetition: Bool) throws {
    job.log.debug("gives items \(source.blocks.items(of: chunk)) to rank \(worker)\(isRepetition ? " too" : "")")
    if !isRepetition { try checkpoint.given(chunk, to: worker) }
    if worker == job.rank, !job.checksWire {
      let output: Task.Output =
        computesInPlace && !isRepetition ? .places(sink.places(chunk), encodes: call.encodesInPlace) : .message
      return try submit(chunk, source.input(chunk, of: Value.self), output)
    }
    let outgoing = source.outgoing(chunk, lends: worker != job.rank)
    if let (item, error) = outgoing.bad {
      let failed = ItemFailure(
        index: source.blocks.block(of: item),
        error: SeppoError(error, index: item, rank: job.rank, host: job.host))
      coordinator.handle(.unsendable(worker: worker, chunk: chunk, failed))
      if outgoing.chunk.isEmpty { return }
    }
    guard worker == job.rank else {
      return try job.send(outgoing.writer, outgoing.lent, to: worker, kind: .work)
    }
    try submit(outgoing.chunk, source.input(of: outgoing.writer, of: Value.self), .message)
  }

  /// Whether this rank's own values go to their places at once. Not where something may be missing between them, or come
  /// after its time, when another try has put its own there; and what is kept is what comes back from a message.
  private var computesInPlace: Bool {
    (context.stopsAtFailure || job.size == 1) && (context.timeout == nil || call.options.retries == 0)
      && (call.options.checkpoint == nil || call.valuesAreMemory)
  }

  private func submit(_ chunk: Range<Int>, _ input: Task.Input, _ output: Task.Output) throws {
    try job.submit(Task(chunk: chunk, of: source.blocks, input: input, output: output, context: context))
  }

  private func take(_ message: Message) throws {
    let rank = message.source
    switch message.kind {
    case .computed:
      let frame = try ReportFrame(message.bytes, rank: job.rank, host: job.host)
      try take(frame.report, from: rank, frame.payload, owner: message.payload)
    case .overdue:
      let coded = try Control.decode(
        OverdueReport.Coded.self, from: message.bytes, rank: job.rank, host: job.host)
      try handle(.overdue(worker: rank, OverdueReport(coded)))
    case .returned:
      let bounds = try Control.decode([Int].self, from: message.bytes, rank: job.rank, host: job.host)
      job.log.debug("rank \(rank) returns items \(Control.ranges(bounds))")
      try handle(.returned(worker: rank, Control.ranges(bounds)))
    default: break
    }
  }

  /// What a compute thread of this rank has done.
  private func take(_ task: Task) throws {
    let report = task.report(withWay: !task.wasInPlace)
    // All of it was recalled before it was begun.
    if report.chunk.isEmpty { return }
    guard task.wasInPlace else {
      let payload = task.payload
      return try take(
        report, from: job.rank, payload?.bytes ?? UnsafeRawBufferPointer(start: nil, count: 0),
        owner: payload?.owner ?? task)
    }
    let coded = task.bytes.map { writer in
      CodedPart(range: report.done, bytes: UnsafeRawBufferPointer(writer.bytes), owner: writer)
    }
    _ = sink.came(
      report.chunk, report.computed, from: Origin(report, rank: job.rank),
      coded: report.failures.isEmpty ? coded : nil)
    try watch(report.made, bytes: task.bytes?.count)
    try handle(report, from: job.rank, nil)
  }

  /// Values as they travel.
  private func take(
    _ report: ChunkReport, from rank: Int, _ payload: UnsafeRawBufferPointer, owner: AnyObject
  ) throws {
    job.log.debug(
      "has \(report.completed) of items \(source.blocks.items(of: report.chunk)) from rank \(rank), in \(report.nanoseconds) ns"
    )
    var report = report
    // Where the first failure ends the call, no values come with it.
    if !coordinator.isRepeating, report.failures.isEmpty || !context.stopsAtFailure {
      try watch(report.made, bytes: payload.count, isMessage: true)
      if let bad = sink.read(report, of: rank, from: payload, owner: owner) {
        // What stands behind it in these bytes is lost, and is computed again where the call goes on.
        report.failures.removeAll { $0.index > bad.index }
        report.failures.append(
          ItemFailure(index: bad.index, error: call.error(bad, source.blocks.firstItem(of: bad.index))))
        report.completed = bad.index + 1 - report.chunk.lowerBound
      }
    }
    try withExtendedLifetime(owner) { try handle(report, from: rank, payload) }
  }

  private func handle(_ report: ChunkReport, from rank: Int, _ payload: UnsafeRawBufferPointer?) throws {
    if !report.failures.isEmpty, ending.isAsked, try ending.begin(at: monotonicNanoseconds(), self) {
      coordinator.handle(.stopped)
    }
    try handle(.report(worker: rank, report), payload)
  }

  /// Ends the job where the values that are still to come can't be held: what is under way couldn't be taken in.
  private func watch(_ values: Int, bytes: Int?, isMessage: Bool = false) throws {
    guard let shortage = memory.came(values, bytes: bytes, isMessage: isMessage) else { return }
    try job.shutdown.endJob(shortage, at: call.place)
  }

  /// Looks for items of this rank that have passed their time.
  private func takeOverdue() throws {
    guard let report = call.takeOverdue(source.blocks, context) else { return }
    try handle(.overdue(worker: job.rank, report))
  }
}

extension RootLoop: EndingCall {
  var isComplete: Bool { matching.isComplete }
  var holdsNothing: Bool { coordinator.holdsNothing }
  var progress: (completed: Int, count: Int) { (coordinator.completed, coordinator.count) }
  var kept: (any StoredResults)? { checkpoint.journal }
  func close() throws { try checkpoint.close() }
}
