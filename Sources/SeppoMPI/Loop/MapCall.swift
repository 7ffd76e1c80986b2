import SeppoCompute
import SeppoEngine
import SeppoProcess
import SeppoTransport
import SeppoWire

/// What a verb makes of its call.
@usableFromInline
struct Verb: Sendable {
  /// Where the values are wanted.
  @usableFromInline
  enum Destination: Sendable { case everyRank, root, nowhere }

  let name: String
  let destination: Destination
  /// Whether items that fail are kept as such, or the first one ends the call.
  let keepsFailures: Bool
  /// Values are made of blocks of items, of which there are no more than these; nil where each item has its own.
  let mostBlocks: Int?

  @usableFromInline
  init(_ name: String, to destination: Destination, keepsFailures: Bool = false, mostBlocks: Int? = nil) {
    self.name = destination == .root ? "atRoot.\(name)" : name
    self.destination = destination
    self.keepsFailures = keepsFailures
    self.mostBlocks = mostBlocks
  }
}

/// One call of a verb, on whichever rank: what it computes, how, and what becomes of the values.
struct MapCall<Element: Codable & Sendable, Value: Codable & Sendable> {
  let job: Job
  let place: Place
  let verb: Verb
  let options: CallOptions

  /// Whether rank 0 holds all values, and gives them to every rank.
  var givesToAll: Bool { verb.destination == .everyRank }

  let itemsAreMemory = Items.areMemory(Element.self)
  let valuesAreMemory = Items.areMemory(Value.self)

  init(job: Job, place: Place, verb: Verb, options: ParallelOptions, areEverywhere: Bool) {
    self.job = job
    self.place = place
    self.verb = verb
    self.options = CallOptions(
      options, areEverywhere: areEverywhere, usualThreads: job.settings.threads, place: place)
  }

  /// Where only one rank is, it computes by itself: inside an item, and inside `atRoot`.
  var isSerial: Bool {
    switch CallContext.current {
    case .everyRank: false
    case .item: verb.destination != .root
    case .atRoot, .merge: true
    }
  }

  /// Whether what fails is not looked at before the chunk's end, and what stands before it not kept.
  private var stopsAtFailure: Bool { !verb.keepsFailures && options.retries == 0 && options.checkpoint == nil }

  /// Whether values have to be encoded where they don't travel themselves: for the broadcast.
  var encodesValues: Bool { givesToAll && job.size > 1 && !valuesAreMemory }

  /// The same, or because rank 0 takes its own values as it gets the other ranks': a type that loses something on the way
  /// would otherwise have it where rank 0 computed.
  var encodesInPlace: Bool {
    job.size > 1 && !valuesAreMemory && (givesToAll || !Items.haveOwnForm(Value.self))
  }

  /// - Parameters:
  ///   - isAlone: whether nothing else than this rank computes, and on the calling thread.
  ///   - mindsRequests: whether an item that throws after the job was asked to stop is left.
  func context(isAlone: Bool = false, mindsRequests: Bool = true) -> MapContext {
    MapContext(
      rank: job.rank, host: job.host, place: place, limits: ChunkLimits(),
      // What may pass its time is begun by itself.
      unit: options.timeout == nil ? options.rule.unit : 1,
      stopsAtFailure: stopsAtFailure, mindsRequests: mindsRequests, timeout: options.timeout,
      itemsAreMemory: itemsAreMemory,
      readsItemsBack: !isAlone && job.isRoot && job.size > 1 && !Items.haveOwnForm(Element.self),
      valuesAreMemory: valuesAreMemory,
      roundTrips: job.isRoot && mindsRequests ? job.roundTrips : nil)
  }

  /// - Parameter workers: ranks that take part.
  func rules(workers: Int) -> Coordinator.Rules {
    var rules = Coordinator.Rules(workers: workers)
    rules.chunk = options.rule
    rules.largest = largestChunk
    rules.retries = options.retries
    rules.failuresDecide = !verb.keepsFailures
    rules.timeout = options.timeout
    return rules
  }

  /// No message of plain memory need be longer than this: from about here on it gains nothing, and shorter ones stay in
  /// the caches of the cores.
  private static var longestMessage: Int { 1 << 18 }

  private var largestChunk: Int {
    let item = itemsAreMemory ? MemoryLayout<Element>.stride : 1
    let value = valuesAreMemory ? MemoryLayout<Value>.stride : 1
    return MapCall.longestMessage / max(item, value)
  }

  /// What this rank's compute threads are at for too long, since this was last asked; nil where nothing is.
  func takeOverdue(_ blocks: Blocks, _ context: MapContext) -> OverdueReport? {
    guard let time = blocks.time(options.timeout) else { return nil }
    let overdue = job.pool.takeOverdue(after: time)
    if overdue.isEmpty { return nil }
    let now = monotonicNanoseconds()
    return OverdueReport(
      items: overdue.items.map { ItemFailure(index: $0.index, error: context.timedOut($0.index, of: blocks)) },
      elapsed: overdue.items.map { now - $0.since }, returned: overdue.returned)
  }

  /// After an error that isn't an item's: the compute threads must be done before the call may end.
  func settle(_ limits: ChunkLimits, after error: any Error) throws {
    limits.lower(to: 0)
    job.pool.withdraw()
    var waited = 0
    while job.pool.isRunning {
      job.pool.wait(nanoseconds: 1_000_000)
      // Another rank may be leaving with this error, and waits for rank 0 to say so. Not at once: where the items at hand
      // are short, rank 0's own code comes first.
      if waited > 200 { _ = try? job.poll() }
      _ = job.pool.takeFinished()
      waited += 1
      // An item can't be stopped, and what it uses must stay.
      if waited == 2_000 { job.process.threadEnd?.stay(error) }
      // Rank 0 can't wait for it with an error that ends the job; the others are ended by it.
      if job.isRoot, waited == 2_000 { try job.shutdown.endJob(error, at: place) }
    }
    _ = job.pool.takeFinished()
  }
}
