import SeppoScheduling
import SeppoTransport
import SeppoWire

/// One map, on whichever rank: what it maps, how, and what becomes of the results.
struct MapCall<Element: Codable & Sendable, Result: Codable & Sendable> {
  let session: Session
  let place: Place
  let chunkRule: ChunkRule
  /// Nil where `SEPPO_THREADS` was to say it, and doesn't.
  private let wantedThreads: Int?
  private let isSetByEnvironment: Bool
  var threads: Int { wantedThreads ?? 1 }
  /// Whether every rank gets the results, or rank 0 only.
  let givesToAll: Bool
  /// Whether items and results travel as memory; asked once a call.
  private let itemsAreMemory = Items.areMemory(Element.self)
  private let resultsAreMemory = Items.areMemory(Result.self)

  init(session: Session, place: Place, chunkRule: ChunkRule, threads: Int?, givesToAll: Bool) {
    self.session = session
    self.place = place
    self.chunkRule = chunkRule
    wantedThreads = threads ?? session.defaultThreads
    isSetByEnvironment = threads == nil
    self.givesToAll = givesToAll
  }

  var name: String { givesToAll ? "mapParallel" : "mapAtRoot" }

  /// The results; on the other ranks nil, if they are for rank 0 only.
  func run(_ items: Elements<Element>, _ kernel: ChunkKernel) throws -> [Result]? {
    if isSerial { return try runSerially(items, kernel) }
    return try session.call(name, at: place, types: [Element.self, Result.self]) { signature in
      try checkOptions()
      if session.size == 1, threads == 1, !session.checksWire {
        let hand = session.hands.use(0)
        hand.own()
        defer { hand.empty() }
        return try Surroundings.enter(.item) { try compute(items, kernel, hand) }
      }
      // The compute threads hold the kernel until `pool.end`, which comes before this scope's end in every case.
      return try withoutActuallyEscaping(kernel) { kernel in
        // Also where not all threads could be started.
        defer {
          session.pool.end()
          session.communicator.releaseBuffers()
        }
        try session.pool.begin(kernel, threads: threads)
        if session.isRoot { return try RootMap(self, signature, items).run() }
        return try WorkerMap(self, signature).run()
      }
    }
  }

  /// Where only one rank is, it maps by itself: inside an item, and inside `atRoot`.
  private var isSerial: Bool {
    switch Surroundings.current {
    case .everyRank: false
    case .item: givesToAll
    case .atRoot: true
    }
  }

  private func runSerially(_ items: Elements<Element>, _ kernel: ChunkKernel) throws -> [Result] {
    try checkOptions()
    return try compute(items, kernel)
  }

  private func checkOptions() throws {
    if case .items(let count) = chunkRule, count < 1 {
      throw SeppoError.badOption(
        name: "chunk: .items(\(count))", reason: "a chunk has at least one item", place: place.text)
    }
    guard let wantedThreads else {
      throw SeppoError.badOption(
        name: "SEPPO_THREADS", reason: "it is the number of threads on which a rank computes", place: place.text)
    }
    if wantedThreads < 1 {
      throw SeppoError.badOption(
        name: isSetByEnvironment ? "SEPPO_THREADS=\(wantedThreads)" : "threads: \(wantedThreads)",
        reason: "a rank computes on at least one thread", place: place.text)
    }
  }

  /// On the calling thread, straight from the items' memory into the results'; a stretch at a time where a hand shows them.
  private func compute(_ items: Elements<Element>, _ kernel: ChunkKernel, _ hand: Hand? = nil) throws -> [Result] {
    try [Result](unsafeUninitializedCapacity: items.count) { results, count in
      let bound = Bound()
      var stretch = StretchSize(unit: 1)
      func computeStretch(_ items: UnsafeBufferPointer<Element>) throws {
        let places = UnsafeMutableBufferPointer(rebasing: results[count..<(count + items.count)])
        let outcome = kernel(UnsafeRawBufferPointer(items), UnsafeMutableRawBufferPointer(places), count, bound)
        count += outcome.completed
        if let thrown = outcome.thrown {
          throw SeppoError(thrown, item: count, rank: session.rank, host: session.host, place: place.text)
        }
      }
      func compute(_ items: UnsafeBufferPointer<Element>) throws {
        guard let hand else { return try computeStretch(items) }
        var done = 0
        var began = monotonicNanoseconds()
        while done < items.count {
          let next = done..<min(items.count, done + stretch.items)
          hand.take(count..<(count + next.count), at: began)
          try computeStretch(UnsafeBufferPointer(rebasing: items[next]))
          done = next.upperBound
          let now = monotonicNanoseconds()
          stretch.took(now - began)
          began = now
        }
      }
      switch items {
      case .memory(let items): try compute(items)
      case .spaced(let spacing):
        try withUnsafeTemporaryAllocation(of: Element.self, capacity: min(spacing.count, Elements<Element>.run)) {
          room in
          guard let start = room.baseAddress else { return }
          while count < spacing.count {
            let places = count..<min(count + room.count, spacing.count)
            spacing.write(places, to: start)
            try compute(UnsafeBufferPointer(start: start, count: places.count))
          }
        }
      }
    }
  }

  var context: MapTask<Element, Result>.Context {
    .init(
      rank: session.rank, host: session.host, place: place.text, bound: Bound(), unit: chunkRule.unit,
      itemsAreMemory: itemsAreMemory, resultsAreMemory: resultsAreMemory)
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
  func settle(_ bound: Bound, after error: any Error) {
    bound.lower(to: 0)
    session.pool.withdraw()
    var waited = 0
    while session.pool.isRunning {
      session.pool.wait(nanoseconds: 1_000_000)
      // Another rank may be leaving with this error, and waits for rank 0 to say so. Not at once: where the items at hand
      // are short, rank 0's own code comes first.
      if waited > 200 { _ = try? session.poll() }
      _ = session.pool.takeFinished()
      waited += 1
      // An item can't be stopped. Rank 0 can't wait for it with an error that ends the job; the others are ended by it.
      if session.isRoot, waited == 2_000 { Failure.endJob(session, error, at: place) }
    }
    _ = session.pool.takeFinished()
  }
}
