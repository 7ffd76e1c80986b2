import SeppoCompute

/// A sequence that all ranks compute with random numbers: `f` also gets the generator of its element, an
/// ``ItemRandom``.
///
/// ```swift
/// let walks = try (0..<10_000).parallel(seed: 42).map { start, random in walk(from: start, using: &random) }
/// ```
// A type of its own: if `Parallel` had verbs for functions of one and of two parameters, the compiler could not name the
// mistake in an `f` that doesn't compile.
public struct SeededParallel<Base: Sequence> where Base.Element: Codable & Sendable {
  @usableFromInline let parallel: Parallel<Base>

  @inlinable
  init(_ parallel: Parallel<Base>) { self.parallel = parallel }

  /// The same functions, with results on rank 0 only; see ``Parallel/atRoot``.
  public var atRoot: SeededParallelAtRoot<Base> {
    @inlinable get { SeededParallelAtRoot(parallel) }
  }
}

/// A sequence that all ranks compute with random numbers, with results on rank 0 only; see ``SeededParallel/atRoot``.
public struct SeededParallelAtRoot<Base: Sequence> where Base.Element: Codable & Sendable {
  @usableFromInline let parallel: Parallel<Base>

  @inlinable
  init(_ parallel: Parallel<Base>) { self.parallel = parallel }
}

extension Sequence where Element: Codable & Sendable {
  /// Returns this sequence with options and the seed of its random numbers; see ``ItemRandom``.
  ///
  /// ```swift
  /// let samples = try (0..<1_000).parallel(seed: 42).map { _, random in Double.random(in: 0..<1, using: &random) }
  /// ```
  ///
  /// `seed` may be any number, the same on every rank. With `nil`, each call throws an error.
  @inlinable
  public func parallel(
    chunk: Chunk = .automatic, threads: Int? = nil, retries: Int = 0, timeout: Duration? = nil,
    checkpoint: Checkpoint? = nil, seed: Int?, isolation: Isolation = .thread, recycle: Int? = nil,
    memoryPerItem: Int? = nil, progress: String? = nil, buffer: Int? = nil
  ) -> SeededParallel<Self> {
    parallel(
      ParallelOptions(
        chunk: chunk, threads: threads, retries: retries, timeout: timeout, checkpoint: checkpoint, seed: seed,
        isolation: isolation, recycle: recycle, memoryPerItem: memoryPerItem, progress: progress, buffer: buffer)
    ).seeded
  }
}

extension AtRoot where Value: Sequence, Value.Element: Codable & Sendable {
  /// Returns rank 0's sequence with options and the seed of its random numbers; see ``ItemRandom``.
  ///
  /// `seed` may be any number, the same on every rank. With `nil`, each call throws an error.
  @inlinable
  public func parallel(
    chunk: Chunk = .automatic, threads: Int? = nil, retries: Int = 0, timeout: Duration? = nil,
    checkpoint: Checkpoint? = nil, seed: Int?, isolation: Isolation = .thread, recycle: Int? = nil,
    memoryPerItem: Int? = nil, progress: String? = nil, buffer: Int? = nil
  ) -> SeededParallel<Value> {
    parallel(
      ParallelOptions(
        chunk: chunk, threads: threads, retries: retries, timeout: timeout, checkpoint: checkpoint, seed: seed,
        isolation: isolation, recycle: recycle, memoryPerItem: memoryPerItem, progress: progress, buffer: buffer)
    ).seeded
  }
}

extension Parallel {
  /// The same functions with random numbers, for options that have a seed.
  ///
  /// ```swift
  /// let options = ParallelOptions(retries: 1, seed: 42)
  /// let walks = try starts.parallel(options).seeded.map { start, random in walk(from: start, using: &random) }
  /// ```
  public var seeded: SeededParallel<Base> {
    @inlinable get { SeededParallel(self) }
  }

  /// The seed. A call without one throws before an item is computed.
  @usableFromInline var seed: Int { options.seed ?? 0 }

  /// Computes one value per element.
  ///
  /// - Parameter f: gets the thread's state, the element, and the element's random numbers.
  @inlinable
  @inline(__always)
  func mappedRandomly<States: KernelStates, Value: Codable & Sendable>(
    _ verb: Verb, _ place: Place, _ states: States,
    _ f: @Sendable (inout States.State, Base.Element, inout ItemRandom) throws -> Value
  ) throws -> MapOutput<Value>? {
    let seed = seed
    return try mapped(verb.seeded, place, states) { state, item, index in
      var random = ItemRandom(seed: seed, item: index)
      return try f(&state, item, &random)
    }
  }

  @inlinable
  @inline(__always)
  func compactMappedRandomly<States: KernelStates, Result: Codable & Sendable>(
    _ verb: Verb, _ place: Place, _ states: States,
    _ f: @Sendable (inout States.State, Base.Element, inout ItemRandom) throws -> Result?
  ) throws -> [Result]? {
    let seed = seed
    return try compactMapped(verb.seeded, place, states) { state, item, index in
      var random = ItemRandom(seed: seed, item: index)
      return try f(&state, item, &random)
    }
  }

  @inlinable
  @inline(__always)
  func visitRandomly<States: KernelStates>(
    _ verb: Verb, _ place: Place, _ states: States,
    _ f: @Sendable (inout States.State, Base.Element, inout ItemRandom) throws -> Void
  ) throws {
    let seed = seed
    try visit(verb.seeded, place, states) { state, item, index in
      var random = ItemRandom(seed: seed, item: index)
      try f(&state, item, &random)
    }
  }
}
