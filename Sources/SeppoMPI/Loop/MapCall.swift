import SeppoCompute
import SeppoEngine
import SeppoProcess
import SeppoTransport
import SeppoWire

/// How a verb uses its call.
@usableFromInline
struct Verb: Sendable {
  /// The ranks that get the values.
  @usableFromInline
  enum Destination: Sendable {
    case everyRank, root, nowhere
    /// Rank 0, for a second step of the verb, after which every rank gets the result.
    case rootFirst
  }

  let name: String
  let destination: Destination
  /// Whether failed items are part of the results; otherwise the first one ends the call.
  let keepsFailures: Bool
  /// Whether results are consumed on rank 0 as they come.
  let consumesResults: Bool
  /// Whether `f` gets random numbers, so that the call needs a seed.
  private(set) var needsSeed = false
  /// The maximum number of blocks, if a value is computed from a block of items; nil if each item has its own value.
  let mostBlocks: Int?
  /// Whether a value may decide the call, so that not all are computed.
  let mayEndEarly: Bool

  @usableFromInline
  init(
    _ name: String, to destination: Destination, keepsFailures: Bool = false, consumesResults: Bool = false,
    mostBlocks: Int? = nil, mayEndEarly: Bool = false
  ) {
    self.consumesResults = consumesResults
    self.name = destination == .root ? "atRoot.\(name)" : name
    self.destination = destination
    self.keepsFailures = keepsFailures
    self.mostBlocks = mostBlocks
    self.mayEndEarly = mayEndEarly
  }

  /// The same verb with an `f` that gets random numbers.
  @usableFromInline var seeded: Verb {
    var verb = self
    verb.needsSeed = true
    return verb
  }
}

/// One call of a verb, on any rank: the options, and what happens to the values.
struct MapCall<Element: Codable & Sendable, Value: Codable & Sendable> {
  let job: Job
  let place: Place
  let verb: Verb
  let options: CallOptions

  /// Whether rank 0 sends all values to every rank.
  var broadcastsValues: Bool { verb.destination == .everyRank }

  let itemsAreMemory = Items.areMemory(Element.self)
  let valuesAreMemory = Items.areMemory(Value.self)

  init(job: Job, place: Place, verb: Verb, options: ParallelOptions, isCompared: Bool) {
    self.job = job
    self.place = place
    self.verb = verb
    self.options = CallOptions(
      options, isCompared: isCompared, needsSeed: verb.needsSeed, defaultThreads: job.settings.threads,
      forking: MapCall.forking(in: job), place: place)
  }

  private static func forking(in job: Job) -> CallOptions.Forking {
    guard job.process.isRank else { return .ignored }
    if CallContext.current != .item { return .allowed }
    return RankProcess.isFork ? .ignored : .refused
  }

  /// Whether this rank computes alone: inside an item and inside `atRoot`, where the other ranks don't make the call.
  var isSerial: Bool {
    switch CallContext.current {
    case .everyRank: false
    case .item: verb.destination != .root
    case .atRoot, .merge, .source, .consumer, .pool: true
    }
  }

  /// Whether a chunk ends at its first failed item, and the values before that item aren't needed.
  private var stopsAtFailure: Bool {
    !verb.keepsFailures && !verb.consumesResults && options.retries == 0 && options.checkpoint == nil
  }

  /// Whether some values are computed on two ranks, with `SEPPO_CHECK=1`. All values are kept until then, so there must not be
  /// too many.
  func comparesValues(_ count: Int) -> Bool { job.checksWire && count <= 1 << 24 }

  /// Whether values that rank 0 computes must be encoded for the broadcast.
  var encodesValues: Bool { broadcastsValues && job.size > 1 && !valuesAreMemory }

  /// Whether values that rank 0 computes must be encoded, for the broadcast or to be decoded again. Otherwise a type
  /// that loses data in a round trip would keep it in rank 0's values.
  var encodesInPlace: Bool {
    job.size > 1 && !valuesAreMemory && (broadcastsValues || !Items.haveOwnForm(Value.self))
  }

  var errors: ItemErrors { ItemErrors(rank: job.rank, host: job.host, place: place) }

  /// - Parameters:
  ///   - isAlone: whether only this rank computes, on the calling thread.
  ///   - observesStopRequests: whether an item that throws after a request to stop is left for a later job.
  func context(isAlone: Bool = false, observesStopRequests: Bool = true) -> MapContext {
    MapContext(
      errors: errors, limits: ChunkLimits(),
      // With a timeout, each item is started separately.
      unit: options.timeout == nil ? options.rule.unit : 1,
      stopsAtFailure: stopsAtFailure, observesStopRequests: observesStopRequests, timeout: options.timeout,
      longestChunk: verb.consumesResults ? MapCall.longestWait : nil,
      itemsAreMemory: itemsAreMemory,
      decodesOwnItems: !isAlone && job.isRoot && job.size > 1 && !Items.haveOwnForm(Element.self),
      valuesAreMemory: valuesAreMemory,
      roundTrips: job.isRoot && observesStopRequests ? job.roundTrips : nil)
  }

  /// - Parameter workers: the number of ranks that take part.
  func rules(workers: Int) -> Coordinator.Rules {
    var rules = Coordinator.Rules(workers: workers)
    // A consumer would wait for a result that is there, if another item of its chunk never returned.
    let areAlone = verb.consumesResults && options.timeout != nil
    rules.chunk = areAlone ? .items(1) : options.rule
    rules.largest = areAlone ? 1 : largestChunk
    rules.retries = options.retries
    rules.failsFast = !verb.keepsFailures
    rules.timeout = options.timeout
    return rules
  }

  /// The maximum size of a message of plain memory, in bytes. Longer messages are no faster, and shorter ones stay in
  /// the cores' caches.
  private static var longestMessage: Int { 1 << 18 }

  private var largestChunk: Int {
    let item = itemsAreMemory ? MemoryLayout<Element>.stride : 1
    let value = valuesAreMemory ? MemoryLayout<Value>.stride : 1
    return MapCall.longestMessage / max(item, value)
  }

  /// The time after which results that a consumer waits for are sent, although their chunk isn't finished, in nanoseconds.
  private static var longestWait: Int { 20_000_000 }

  /// Returns the items of this rank that have become overdue since the last call; nil if there are none.
  func takeOverdue(_ blocks: Blocks, _ context: MapContext) -> OverdueReport? {
    guard let time = blocks.timeout(perItem: options.timeout) else { return nil }
    let overdue = job.pool.takeOverdue(after: time)
    if overdue.isEmpty { return nil }
    let now = monotonicNanoseconds()
    return OverdueReport(
      items: overdue.items.map { ItemFailure(index: $0.index, error: context.timedOut($0.index, of: blocks)) },
      elapsed: overdue.items.map { now - $0.since }, returned: overdue.returned)
  }

  /// Starts no blocks from this one on, and kills the programs that their items run, unless a checkpoint stores their results.
  func stop(from bound: Int, _ limits: ChunkLimits) {
    limits.lower(to: bound)
    if options.checkpoint == nil { job.pool.killPrograms(from: bound) }
  }

  /// Waits for the compute threads after an error that isn't an item's, because the call can't end before.
  func settle(_ limits: ChunkLimits, after error: any Error) throws {
    stop(from: 0, limits)
    job.pool.withdraw()
    var waited = 0
    while job.pool.isRunning {
      job.pool.wait(nanoseconds: 1_000_000)
      // Another rank may be leaving with this error and waits for rank 0 to confirm it. Don't poll at once: if the
      // items in flight are short, rank 0's own code comes first.
      if waited > 200 { _ = try? job.poll() }
      _ = job.pool.takeFinished()
      waited += 1
      // An item can't be stopped, and the memory that it uses must stay.
      if waited == 2_000 { job.process.threadEnd?.park(error) }
      // On rank 0 the error ends the job, so it can't wait longer. It ends the other ranks.
      if job.isRoot, waited == 2_000 { try job.shutdown.endJob(error, at: place) }
    }
    _ = job.pool.takeFinished()
  }
}
