import SeppoEngine
import SeppoProcess

/// The options of a call, in the engine's terms. They are checked when the call is made.
struct CallOptions {
  private let options: ParallelOptions
  /// Nil if the default from `SEPPO_THREADS` is needed and isn't a number.
  private let requestedThreads: Int?
  private let place: Place
  /// Whether the items of every rank are compared with rank 0's.
  let isCompared: Bool
  /// Whether `f` gets random numbers.
  private let needsSeed: Bool
  /// Whether items are computed in child processes.
  let isIsolated: Bool
  private let forking: Forking

  /// What `isolation: .process` means where the call is made.
  enum Forking {
    case allowed
    /// Without effect: in an item that has a process of its own, and for ranks that are threads.
    case ignored
    /// An error: a process whose other threads compute items can't be forked safely.
    case refused
  }

  /// - Parameter defaultThreads: the default from `SEPPO_THREADS`; nil if it isn't a number.
  init(
    _ options: ParallelOptions, isCompared: Bool, needsSeed: Bool, defaultThreads: Int?, forking: Forking, place: Place
  ) {
    isIsolated = options.isolation == .process && forking == .allowed
    self.forking = forking
    self.options = options
    self.isCompared = isCompared
    self.needsSeed = needsSeed
    self.place = place
    requestedThreads = options.threads ?? defaultThreads
  }

  var threads: Int { requestedThreads ?? 1 }
  var retries: Int { options.retries }
  /// The timeout per item, in nanoseconds, if items are computed in threads.
  var timeout: Int? { isIsolated ? nil : options.timeout?.inNanoseconds }
  /// The timeout per item, in nanoseconds, if items are computed in child processes.
  var hardTimeout: Int? { isIsolated ? options.timeout?.inNanoseconds : nil }
  var recycle: Int? { options.recycle }
  var memoryPerItem: Int? { options.memoryPerItem }
  var checkpoint: Checkpoint? { options.checkpoint }
  var buffer: Int? { options.buffer }
  /// The name under which the call shows its progress; nil if it doesn't.
  var progress: String? { options.progress }
  /// The seed on which the results depend; nil if they depend on none.
  var seed: Int? { needsSeed ? options.seed : nil }

  var rule: ChunkRule {
    switch options.chunk {
    case .automatic: .automatic
    // The count must fit into 32 bits.
    case .items(let count): .items(min(count, 1 << 31))
    }
  }

  /// Whether each item is simply computed once, by one thread of a rank.
  var isPlain: Bool {
    threads == 1 && options.chunk == .automatic && retries == 0 && options.timeout == nil && checkpoint == nil
      && !isIsolated
  }

  func check() throws {
    if case .items(let count) = options.chunk, count < 1 {
      throw bad("chunk: .items(\(count))", "a chunk must have at least one item")
    }
    guard let requestedThreads else {
      throw bad(
        "SEPPO_THREADS=\(Settings.text("SEPPO_THREADS") ?? "")",
        "must be the number of compute threads per rank, 1 to \(InFlightSlots.capacity)")
    }
    guard (1...InFlightSlots.capacity).contains(requestedThreads) else {
      throw bad(
        options.threads == nil ? "SEPPO_THREADS=\(requestedThreads)" : "threads: \(requestedThreads)",
        "a rank must have 1 to \(InFlightSlots.capacity) compute threads")
    }
    if needsSeed, options.seed == nil {
      throw bad(
        "seed: nil",
        "f takes random numbers, so the call needs a seed, the same on every rank: xs.parallel(seed: 42)")
    }
    if options.retries < 0 { throw bad("retries: \(options.retries)", "must be 0 or more") }
    if let timeout = options.timeout, timeout <= .zero {
      throw bad("timeout: \(timeout)", "must be more than 0")
    }
    if let recycle, recycle < 1 { throw bad("recycle: \(recycle)", "must be 1 or more items") }
    if let memoryPerItem, memoryPerItem < 1 { throw bad("memoryPerItem: \(memoryPerItem)", "must be 1 or more bytes") }
    if options.isolation != .process, recycle != nil || memoryPerItem != nil {
      throw bad(
        recycle == nil ? "memoryPerItem" : "recycle", "works only with isolation: .process: add that option")
    }
    if options.isolation == .process, forking == .refused {
      throw bad(
        "isolation: .process",
        "an item in a thread can't start processes for other items; pass this option to the outer call")
    }
    if let buffer = options.buffer, buffer < 1 {
      throw bad("buffer: \(buffer)", "must be 1 or more results; leave it out to let as many wait as take 16 MiB")
    }
    if options.progress == "" { throw bad("progress: \"\"", "must not be empty: it is the name that is shown") }
    if let store = options.checkpoint?.store {
      if store.mostAtRisk < 1 { throw bad("mostAtRisk: \(store.mostAtRisk)", "must be 1 or more results") }
      if store.longestAtRisk < .zero { throw bad("longestAtRisk: \(store.longestAtRisk)", "must be 0 or more") }
      if store.deaths < 1 { throw bad("deaths: \(store.deaths)", "must be 1 or more") }
      if store.label == "" { throw bad("label: \"\"", "must not be empty; without a label, the line is used") }
    }
  }

  private func bad(_ name: String, _ reason: String) -> SeppoError {
    .badOption(.init(name: name, reason: reason, place: place.text))
  }
}
