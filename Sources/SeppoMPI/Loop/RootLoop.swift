import SeppoCompute
import SeppoEngine
import SeppoProcess
import SeppoTransport
import SeppoWire

/// The loop of the rank that has the items. It performs the coordinator's effects and sends it events.
final class RootLoop<Element: Codable & Sendable, Value: Codable & Sendable>: RootRole {
  private typealias Task = MapTask<Element, Value>

  let call: MapCall<Element, Value>
  private let job: Job
  private let context: MapContext
  private let source: ItemSource<Element>
  private let supply: ItemSupply<Element>?
  private let kernel: ChunkKernel
  private let site: CallSite
  private var matching: CallMatching
  private let observer: CallObserver?
  private let checkpoint: CallCheckpoint<Element, Value>
  private var stopController: EarlyStopController

  private var coordinator: Coordinator
  private var sink: any Sink<Value>
  private var memory: MemoryWatch<Element, Value>
  private var comparison: ResultComparison<Element, Value>
  /// The error of the lowest failed item so far, if the verb throws the first failure.
  private var failure: SeppoError?
  /// The failed items, if the verb keeps failures.
  private var failures: [FailedItem] = []
  private var isFinished = false
  /// Whether the consumer wants no more values.
  private var isRefused = false

  init(
    _ call: MapCall<Element, Value>, _ signature: CallSignature, _ source: ItemSource<Element>,
    _ supply: ItemSupply<Element>?, _ kernel: @escaping ChunkKernel, round: Int, _ observer: CallObserver?
  ) {
    self.call = call
    self.kernel = kernel
    self.source = source
    self.supply = supply
    self.observer = observer
    job = call.job
    context = call.context()
    site = signature.site
    let compared = call.options.isCompared && job.size > 1 ? source.items.all : nil
    matching = CallMatching(job, signature, compared.map { elements in { ItemSample(elements) } })
    checkpoint = CallCheckpoint(call, source, round: round)
    stopController = EarlyStopController(job, call.place)
    coordinator = Coordinator(.init(workers: 1), .init(count: 0), at: 0)
    sink = FoldSink<Value> { _, _ in }
    memory = MemoryWatch(
      call, source.blocks.count, others: call.broadcastsValues ? job.members.here - 1 : 0, seesGrowth: job.size == 1)
    comparison = ResultComparison(call)
  }

  var isOpenEnded: Bool { source.isOpenEnded }
  var count: Int { source.blocks.count }

  func checkMemory() throws {
    if let shortage = memory.shortageAtStart() { try failEarly(with: shortage) }
  }

  func run(into sink: any Sink<Value>) throws -> [FailedItem] {
    memory.isOff = !type(of: sink).keepsPlaces
    do {
      try begin(sink)
      try untilFinished()
      // A program that makes a call once doesn't need the memory.
      if site.calibration != nil || job.sharedCalls.use == .always, matching.areAllSingleThreaded {
        try call.offerSharedMemory(for: source, site)
      }
      site.calibration = coordinator.calibration
      if let error = failure ?? comparison.difference { try fail(with: error) }
      try checkpoint.close()
      if let shortage = memory.shortageOfCopies(count - failures.count) { try fail(with: shortage) }
    } catch {
      // Store the results in this case too. The journal reads the values until it is closed.
      try? checkpoint.close()
      throw error
    }
    return failures.sorted { $0.index < $1.index }
  }

  /// Ends the call with an error on every rank, when all ranks are in it.
  private func failEarly(with error: SeppoError) throws {
    try matching.gather()
    try fail(with: error)
  }

  func share(_ sink: ArraySink<Value>, failures: [FailedItem]) throws {
    try shareByMessages(sink, failures: failures)
  }

  /// Restores the checkpoint and creates the coordinator.
  private func begin(_ sink: any Sink<Value>) throws {
    try job.beginComputing(kernel, threads: call.options.threads)
    var start = Coordinator.Start(count: supply == nil ? count : 0)
    start.isClosed = supply == nil
    do {
      self.sink = try checkpoint.open(sink, &start, count: count) {
        repeat { try job.checkRanks() } while try waitsForConsumer()
      }
      if sink.passesStoredValues { supply?.skip(start.done) }
    } catch let error as SeppoError {
      return try failEarly(with: error)
    }
    if supply == nil { observer?.note(total: source.blocks.items) }
    observer?.note(stored: start.done, in: source.blocks)
    start.calibration = site.calibration
    for failed in checkpoint.poison where call.verb.keepsFailures || failure == nil {
      observer?.fail(failed)
      record(failed)
    }
    var rules = call.rules(workers: job.size)
    rules.timeout = source.blocks.timeout(perItem: rules.timeout)
    rules.reportsSettled = source.isOpenEnded
    rules.nearest = supply == nil ? nil : job.rank
    rules.waitsForAll = job.current.number == 1 || call.options.isCompared && site.calibration == nil
    rules.repeats = call.comparesValues(count) && job.size > 1 && call.verb.destination != .nowhere && supply == nil
    coordinator = Coordinator(rules, start, at: monotonicNanoseconds())
    if let decisive = self.sink.decisive { coordinator.handle(.decided(by: decisive)) }
    join(job.rank, threads: call.options.threads)
  }

  private func join(_ rank: Int, threads: Int) {
    coordinator.handle(.joined(worker: rank, threads: threads))
    observer?.join(rank, threads: threads)
  }

  /// Waits a moment if stored values must be consumed before others can be read.
  ///
  /// - Returns: whether it did.
  private func waitsForConsumer() throws -> Bool {
    guard supply?.isFull == true else { return false }
    job.pool.wait(nanoseconds: 1_000_000)
    return true
  }

  private func untilFinished() throws {
    var backoff = Backoff()
    do {
      while !isFinished || supply?.complete() == false {
        if try turn() { backoff.reset() } else { try job.pause(&backoff) }
      }
    } catch {
      try call.settle(context.limits, after: error)
      throw error
    }
  }

  /// Handles all pending events and performs the resulting effects.
  ///
  /// - Returns: whether there were any.
  private func turn() throws -> Bool {
    let now = monotonicNanoseconds()
    coordinator.advance(to: now)
    // A rank with a long item expects heartbeat requests, however busy the other ranks keep this one.
    try job.checkRanks(at: now)
    try checkpoint.storePending(at: now, all: stopController.isImminent)
    if try stopController.check(at: now, self) { coordinator.handle(.stopped) }
    var hasMoved = supplyItems()
    while let message = try job.poll() {
      try take(message)
      hasMoved = true
    }
    for (rank, threads) in try matching.newcomers() {
      job.log.debug("rank \(rank) takes part, with \(threads) compute thread(s)")
      join(rank, threads: threads)
      coordinator.advance(to: now)
    }
    failOnDifferentItems()
    for case let task as Task in job.pool.takeFinished() {
      try take(task)
      hasMoved = true
    }
    try takeOverdue()
    hasMoved = try performAll() || hasMoved
    let total = isOpenEnded && supply?.isClosed == false ? nil : source.blocks.items
    observer?.look(at: now, total: total) { coordinator.held(by: $0) }
    return hasMoved
  }

  /// Passes an event to the coordinator. Its effects are performed at the end of the turn, when it has all events,
  /// except during a comparison, which needs the payload of the event.
  private func handle(_ event: CoordinatorEvent, _ payload: UnsafeRawBufferPointer? = nil) throws {
    coordinator.handle(event)
    if coordinator.isRepeating { _ = try performAll(payload) }
  }

  /// - Returns: whether there were any effects.
  private func performAll(_ payload: UnsafeRawBufferPointer? = nil) throws -> Bool {
    var hasMoved = false
    while let effect = coordinator.nextEffect() {
      try perform(effect, payload)
      hasMoved = true
    }
    return hasMoved
  }

  private func perform(_ effect: CoordinatorEffect, _ payload: UnsafeRawBufferPointer?) throws {
    switch effect {
    case .assign(let worker, let chunk, let isRepetition): try send(chunk, to: worker, isRepetition: isRepetition)
    case .recall(let worker):
      job.log.debug("recalls half of the unstarted items of rank \(worker)")
      if worker == job.rank {
        coordinator.handle(.returned(worker: worker, job.pool.recall()))
      } else {
        try job.send([Int](), to: worker, kind: .recall)
      }
    case .limit(let bound):
      memory.isOff = true
      call.stop(from: bound, context.limits)
      for rank in job.members.present { try job.send(bound, to: rank, kind: .stop) }
    case .released(let worker, let chunk): try checkpoint.noteReturned(chunk, by: worker)
    case .shortened(let worker, let end): try checkpoint.noteRecalled(end, by: worker)
    case .failed(let failure, let tries):
      job.log.debug("item \(failure.index) has failed: \(failure.error)")
      if let failed = FailedItem(failure)?.after(tries: tries) {
        checkpoint.noteCrash(failed)
        observer?.fail(failed)
        record(failed)
      }
    case .settled(let range): source.release(range)
    case .decided(let index):
      job.log.debug("item \(index) decides the call")
      failure = nil
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
    case .finished:
      isFinished = true
      observer?.noteComputed()
    }
  }

  /// Records an item that has failed in all attempts.
  private func record(_ failed: FailedItem) {
    guard call.verb.keepsFailures else {
      failure = failed.error
      return
    }
    if !sink.takeFailure(failed) { failures.append(failed) }
  }

  /// Adds items that have come, as many as can be used.
  ///
  /// - Returns: whether there were any.
  private func supplyItems() -> Bool {
    guard let supply else { return false }
    if supply.isUnwanted, !isRefused, !isFinished {
      isRefused = true
      coordinator.handle(.refused)
    }
    return coordinator.supply(from: supply)
  }

  /// Ends the call if a rank has other items than this one. This error takes precedence over failed items.
  private func failOnDifferentItems() {
    guard let difference = matching.difference, failure != difference else { return }
    failure = difference
    coordinator.handle(.refused)
  }

  private func send(_ chunk: Range<Int>, to worker: Int, isRepetition: Bool) throws {
    job.log.debug("sends items \(source.blocks.items(of: chunk)) to rank \(worker)\(isRepetition ? " to compare" : "")")
    if !isRepetition { try checkpoint.noteSent(chunk, to: worker) }
    if worker == job.rank, !job.checksWire {
      let output: Task.Output =
        computesInPlace && !isRepetition ? .places(sink.places(chunk), encodes: call.encodesInPlace) : .message
      return try submit(chunk, source.input(chunk), output)
    }
    let outgoing = source.outgoing(chunk, lends: worker != job.rank)
    if let (item, error) = outgoing.bad {
      let failed = ItemFailure(
        index: source.blocks.block(of: item),
        error: SeppoError(error, index: item, rank: job.rank, host: job.host, place: call.place))
      coordinator.handle(.unsendable(worker: worker, chunk: chunk, failed))
      if outgoing.chunk.isEmpty { return }
    }
    guard worker == job.rank else {
      observer?.note(sent: outgoing.writer.count + outgoing.lent.count)
      return try job.send(outgoing.writer, outgoing.lent, to: worker, kind: .work)
    }
    try submit(outgoing.chunk, source.input(of: outgoing.writer), .message)
  }

  /// Whether this rank's own values are computed in the sink's memory. They are not if failed items may leave gaps, if
  /// a late item may write where a retry has stored its value, or if a checkpoint needs decoded values.
  private var computesInPlace: Bool {
    (context.stopsAtFailure || job.size == 1) && (context.timeout == nil || call.options.retries == 0)
      && (call.options.checkpoint == nil || call.valuesAreMemory)
  }

  private func submit(_ chunk: Range<Int>, _ input: TaskInput<Element>, _ output: Task.Output) throws {
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
      try handle(OverdueReport(coded), from: rank)
    case .returned:
      let bounds = try Control.decode([Int].self, from: message.bytes, rank: job.rank, host: job.host)
      job.log.debug("rank \(rank) returns items \(Control.ranges(bounds))")
      try handle(.returned(worker: rank, Control.ranges(bounds)))
    default: break
    }
  }

  /// Handles a finished task of this rank's compute threads.
  private func take(_ task: Task) throws {
    let report = task.report(includesTransit: !task.wasInPlace)
    // The whole chunk was recalled before it was started.
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
    _ = sink.receive(
      report.chunk, report.computed, from: Origin(report, rank: job.rank),
      coded: report.failures.isEmpty ? coded : nil)
    try checkMemory(report.computedCount, bytes: task.bytes?.count)
    try handle(report, from: job.rank, nil)
  }

  /// Handles encoded values.
  private func take(
    _ report: ChunkReport, from rank: Int, _ payload: UnsafeRawBufferPointer, owner: AnyObject
  ) throws {
    job.log.debug(
      "receives \(report.completed) values of items \(source.blocks.items(of: report.chunk)) from rank \(rank), computed in \(report.nanoseconds) ns"
    )
    var report = report
    // If the first failure ends the call, its chunk has no values.
    if !coordinator.isRepeating, report.failures.isEmpty || !context.stopsAtFailure {
      try checkMemory(report.computedCount, bytes: payload.count, isMessage: true)
      if let bad = sink.read(report, of: rank, from: payload, owner: owner) {
        // The values after it are lost. They are computed again if the call continues.
        report.failures.removeAll { $0.index > bad.index }
        report.failures.append(
          ItemFailure(index: bad.index, error: call.error(bad, source.blocks.firstItem(of: bad.index))))
        report.completed = bad.index + 1 - report.chunk.lowerBound
      }
    }
    try withExtendedLifetime(owner) { try handle(report, from: rank, payload) }
  }

  private func handle(_ report: ChunkReport, from rank: Int, _ payload: UnsafeRawBufferPointer?) throws {
    if !report.failures.isEmpty, stopController.isRequested, try stopController.begin(at: monotonicNanoseconds(), self)
    {
      coordinator.handle(.stopped)
    }
    try handle(.report(worker: rank, report), payload)
    if !coordinator.isRepeating {
      observer?.take(report, from: rank, in: source.blocks, bytes: rank == job.rank ? nil : payload?.count)
    }
    if let decisive = sink.decisive { coordinator.handle(.decided(by: decisive)) }
  }

  /// Ends the job if the remaining values won't fit into memory. Ending only the call isn't possible, because messages
  /// on their way couldn't be received.
  private func checkMemory(_ values: Int, bytes: Int?, isMessage: Bool = false) throws {
    guard let shortage = memory.add(values, bytes: bytes, isMessage: isMessage) else { return }
    try job.shutdown.endJob(shortage, at: call.place)
  }

  /// Reports items of this rank that have exceeded their timeout.
  private func takeOverdue() throws {
    guard let report = call.takeOverdue(source.blocks, context) else { return }
    try handle(report, from: job.rank)
  }

  private func handle(_ report: OverdueReport, from rank: Int) throws {
    observer?.take(report, from: rank)
    try handle(.overdue(worker: rank, report))
  }
}

extension RootLoop: StoppableCall {
  var isComplete: Bool { matching.isComplete }
  var holdsNothing: Bool { coordinator.holdsNothing }
  var progress: (completed: Int, count: Int?) {
    (coordinator.completed, isOpenEnded && supply?.isClosed == false ? nil : count)
  }
  var storedResults: (any StoredResults)? { checkpoint.journal }
  func close() throws { try checkpoint.close() }
}
