import SeppoCompute
import SeppoProcess
import SeppoScheduling
import SeppoTransport
import SeppoWire

/// One map, on whichever rank: what it maps, how, and what becomes of the results.
struct MapCall<Element: Codable & Sendable, Result: Codable & Sendable> {
  let job: Job
  let place: Place
  let options: MapOptions
  /// Nil where `SEPPO_THREADS` was to say it, and doesn't.
  private let wantedThreads: Int?
  var threads: Int { wantedThreads ?? 1 }
  /// Whether every rank gets the results, or rank 0 only.
  let givesToAll: Bool
  /// Whether items that fail are kept as such, or the first one ends the map.
  let keepsFailures: Bool
  /// Whether items and results travel as memory; asked once a call.
  private let itemsAreMemory = Items.areMemory(Element.self)
  let resultsAreMemory = Items.areMemory(Result.self)

  init(job: Job, place: Place, options: MapOptions, givesToAll: Bool, keepsFailures: Bool) {
    self.job = job
    self.place = place
    self.options = options
    wantedThreads = options.threads ?? job.settings.threads
    self.givesToAll = givesToAll
    self.keepsFailures = keepsFailures
  }

  var name: String {
    switch (givesToAll, keepsFailures) {
    case (true, false): "mapParallel"
    case (false, false): "mapAtRoot"
    case (true, true): "mapResults"
    case (false, true): "mapResultsAtRoot"
    }
  }

  /// The results; on the other ranks nil, if they are for rank 0 only.
  ///
  /// - Parameter sample: on other ranks than 0, what their own items are compared by; nil where only rank 0 has items.
  func run(_ items: Elements<Element>, _ sample: ItemSample?, _ kernel: ChunkKernel) throws -> Mapped<Result>? {
    if isSerial { return try runSerially(items, kernel) }
    return try job.call(name, at: place, types: [Element.self, Result.self]) { signature in
      // Before anything that may throw.
      let round =
        job.isRoot
        ? options.checkpoint.map { job.gate.beginRound(of: $0.store.identity, $0.store.label ?? place.text) } : nil
      try checkOptions()
      job.checkBinding(threads: threads)
      if options.checkpoint != nil { job.endRequest.keepResults() }
      if job.isRoot, case .memory(let items) = items { job.losses.look(at: items, areResults: false, place) }
      if job.size == 1, threads == 1, options.timeout == nil, options.checkpoint == nil, !job.checksWire {
        let hand = job.hands.use(0)
        hand.own()
        defer { hand.empty() }
        let mapped = try CallContext.enter(.item) { try compute(items, kernel, hand) }
        if mapped.failures.isEmpty {
          mapped.values.withUnsafeBufferPointer { job.losses.look(at: $0, areResults: true, place) }
        }
        return mapped
      }
      // The compute threads hold the kernel until `pool.end`, which comes before this scope's end in every case.
      return try withoutActuallyEscaping(kernel) { kernel in
        // Also where not all threads could be started.
        defer {
          job.pool.end()
          job.transport.buffers.empty()
        }
        try job.beginComputing(kernel, threads: threads)
        if job.isRoot { return try RootMap(self, signature, items, round: round ?? 1).run() }
        return try WorkerMap(self, signature, sample).run()
      }
    }
  }

  /// Where only one rank is, it maps by itself: inside an item, and inside `atRoot`.
  private var isSerial: Bool {
    switch CallContext.current {
    case .everyRank: false
    case .item: givesToAll
    case .atRoot: true
    }
  }

  private func runSerially(_ items: Elements<Element>, _ kernel: ChunkKernel) throws -> Mapped<Result> {
    try checkOptions()
    if options.checkpoint != nil {
      throw SeppoError.nested(
        call: "\(name) with a checkpoint", inside: CallContext.current.name, place: place.text)
    }
    return try compute(items, kernel)
  }

  private func checkOptions() throws {
    if case .items(let count) = options.chunk, count < 1 {
      throw badOption("chunk: .items(\(count))", "a chunk has at least one item")
    }
    guard let wantedThreads else {
      throw badOption(
        "SEPPO_THREADS=\(Settings.text("SEPPO_THREADS") ?? "")",
        "it is the number of threads on which a rank computes, 1 to \(Hands.most)")
    }
    guard (1...Hands.most).contains(wantedThreads) else {
      throw badOption(
        options.threads == nil ? "SEPPO_THREADS=\(wantedThreads)" : "threads: \(wantedThreads)",
        "a rank computes on at least one thread, and on \(Hands.most) at most")
    }
    if options.retries < 0 {
      throw badOption("retries: \(options.retries)", "an item is tried again 0 times or more")
    }
    if let timeout = options.timeout, timeout <= .zero {
      throw badOption("timeout: \(timeout)", "an item takes longer than no time")
    }
  }

  private func badOption(_ name: String, _ reason: String) -> SeppoError {
    .badOption(name: name, reason: reason, place: place.text)
  }

  /// On the calling thread, straight from the items' memory into the results'.
  private func compute(
    _ items: Elements<Element>, _ kernel: ChunkKernel, _ hand: Hand? = nil
  ) throws -> Mapped<Result> {
    var serial = SerialMap<Element, Result>(self, count: items.count, hand)
    try serial.checkRoom()
    let values = try [Result](unsafeUninitializedCapacity: items.count) { results, count in
      switch items {
      case .memory(let items): try serial.compute(items, kernel, into: results, &count)
      case .spaced(let spacing):
        try withUnsafeTemporaryAllocation(of: Element.self, capacity: min(spacing.count, Elements<Element>.run)) {
          room in
          guard let start = room.baseAddress else { return }
          while serial.index < spacing.count {
            let places = serial.index..<min(serial.index + room.count, spacing.count)
            spacing.write(places, to: start)
            try serial.compute(
              UnsafeBufferPointer(start: start, count: places.count), kernel, into: results, &count)
          }
        }
      }
    }
    return Mapped(values, failures: serial.failures)
  }

  /// - Parameters:
  ///   - done: items whose results are there.
  ///   - alone: items that may be any rank's end.
  func scheduler(_ count: Int, done: [Range<Int>] = [], alone: [Int] = [], learnt: Learnt?) -> MapScheduler {
    MapScheduler(
      count: count, ranks: job.size, rule: options.rule, largest: largestChunk, retries: options.retries,
      failuresDecide: !keepsFailures, learnt: learnt, done: done, alone: alone)
  }

  /// Whether results have to be encoded where they don't travel themselves: for the broadcast.
  var encodesResults: Bool { givesToAll && job.size > 1 && !resultsAreMemory }

  /// The same, or because rank 0 takes its own results as it gets the other ranks': a type that loses something on the way
  /// would otherwise have it where rank 0 computed.
  var encodesInPlace: Bool {
    job.size > 1 && !resultsAreMemory && (givesToAll || !Items.haveOwnForm(Result.self))
  }

  var context: MapTask<Element, Result>.Context {
    .init(
      rank: job.rank, host: job.host, place: place, bound: Bound(),
      // What may pass its time is begun by itself.
      unit: options.timeout == nil ? options.rule.unit : 1,
      // What was computed before an item that fails is kept.
      stopsAtFailure: !keepsFailures && options.retries == 0 && options.checkpoint == nil,
      timeout: options.timeoutNanoseconds,
      itemsAreMemory: itemsAreMemory,
      readsItemsBack: job.isRoot && job.size > 1 && !Items.haveOwnForm(Element.self),
      resultsAreMemory: resultsAreMemory,
      losses: job.isRoot ? job.losses : nil)
  }

  /// No message of plain memory need be longer than this: from about here on it gains nothing, and shorter ones stay in
  /// the caches of the cores.
  private static var longestMessage: Int { 1 << 18 }

  var largestChunk: Int {
    let item = itemsAreMemory ? MemoryLayout<Element>.stride : 1
    let result = resultsAreMemory ? MemoryLayout<Result>.stride : 1
    return MapCall.longestMessage / max(item, result)
  }

  /// After an error that isn't an item's: the compute threads must be done before the call may end.
  func settle(_ bound: Bound, after error: any Error) throws {
    bound.lower(to: 0)
    job.pool.withdraw()
    var waited = 0
    while job.pool.isRunning {
      job.pool.wait(nanoseconds: 1_000_000)
      // Another rank may be leaving with this error, and waits for rank 0 to say so. Not at once: where the items at hand
      // are short, rank 0's own code comes first.
      if waited > 200 { _ = try? job.poll() }
      _ = job.pool.takeFinished()
      waited += 1
      // An item can't be stopped. Rank 0 can't wait for it with an error that ends the job; the others are ended by it.
      if job.isRoot, waited == 2_000 { try job.shutdown.endJob(error, at: place) }
    }
    _ = job.pool.takeFinished()
  }
}
