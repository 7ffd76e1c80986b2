import SeppoCompute

/// A sequence with options for how all ranks compute it.
///
/// ```swift
/// let energies = try molecules.parallel(chunk: .items(1)).map(dock)
/// ```
public struct Parallel<Base: Sequence> where Base.Element: Codable & Sendable {
  /// The elements; nil on ranks that don't have them.
  @usableFromInline let base: Base?
  @usableFromInline let options: ParallelOptions
  /// Whether every rank has the elements, so that they are compared with rank 0's.
  @usableFromInline let areEverywhere: Bool

  @usableFromInline
  init(_ base: Base?, _ options: ParallelOptions, areEverywhere: Bool = true) {
    self.base = base
    self.options = options
    self.areEverywhere = areEverywhere
  }

  /// The same functions, with results on rank 0 only: for results that are too large for every rank.
  ///
  /// ```swift
  /// try images.parallel().atRoot.map(render).atRoot { frames in try save(frames) }
  /// ```
  public var atRoot: ParallelAtRoot<Base> {
    @inlinable get { ParallelAtRoot(self) }
  }
}

/// A sequence that all ranks compute, with results on rank 0 only; see ``Parallel/atRoot``.
public struct ParallelAtRoot<Base: Sequence> where Base.Element: Codable & Sendable {
  @usableFromInline let parallel: Parallel<Base>

  @inlinable
  init(_ parallel: Parallel<Base>) { self.parallel = parallel }
}

extension Parallel {
  /// Calls the body with the work of one call.
  @inlinable
  func withWork<Value>(_ place: Place, _ body: (Work<Base.Element>) throws -> Value) throws -> Value {
    try Work.lend(base, options, areEverywhere: areEverywhere, place, body)
  }

  /// Makes a call that computes values; see `runMap`.
  ///
  /// A verb passes its kernel as a literal, in functions that are always inlined. Only then the compiler sees in the
  /// user's module which `f` the kernel captures, and inlines it into the loop.
  @inlinable
  func runKernel<Value: Codable & Sendable>(
    _ verb: Verb, _ place: Place, _ value: Value.Type, _ kernel: ChunkKernel
  ) throws -> MapOutput<Value>? {
    try withWork(place) { try runMap($0, Value.self, verb, kernel) }
  }

  /// Makes a call that folds the values of blocks; see `runFold`.
  @inlinable
  func foldKernel<Value: Codable & Sendable>(
    _ verb: Verb, _ place: Place, from initial: Value, isNeutral: Bool = false,
    isDecisive: ((Value) -> Bool)? = nil, merge: (inout Value, Value) throws -> Void, kernel: ChunkKernel
  ) throws -> Value? {
    try withWork(place) {
      try runFold($0, verb, from: initial, isNeutral: isNeutral, isDecisive: isDecisive, merge: merge, kernel: kernel)
    }
  }
}

extension Sequence where Element: Codable & Sendable {
  /// Returns an array with the results of mapping `f` over the elements, computed by all ranks. Every rank gets the
  /// whole array, in order.
  ///
  /// ```swift
  /// let squares = try numbers.mapParallel { $0 * $0 }
  /// ```
  ///
  /// Every rank must make the call with the same elements, in the same order. Their count and at most 64 of them are
  /// compared. Elements from a `Set`, a `Dictionary`, a random number generator or the clock differ between ranks: sort
  /// them, or create them in ``Seppo/atRoot(_:fileID:line:column:)`` and map its value. Inside `f`, a nested call runs
  /// as `map` on its rank.
  ///
  /// The elements of a lazy collection, and of a sequence that is no collection, are drawn on rank 0 only, as they are
  /// needed, on a thread of their own. They are not compared.
  ///
  /// - Parameter f: Called once per element, on any rank, on a compute thread. It may capture values only.
  /// - Returns: The results in the order of the elements, the same on every rank.
  /// - Throws: `SeppoError` on every rank: `itemThrew` for the lowest index at which `f` throws, `itemsDiffer` if a
  ///   rank has other elements than rank 0, `diverged` if the ranks are not all in this call.
  /// - Note: If the module's default isolation is the main actor, declare `nonisolated struct` and `nonisolated func`.
  @inlinable
  @inline(__always)
  public func mapParallel<Result: Codable & Sendable>(
    _ f: @Sendable (Element) throws -> Result, fileID: StaticString = #fileID, line: UInt = #line,
    column: UInt = #column
  ) throws -> [Result] {
    try parallel().map(f, fileID: fileID, line: line, column: column)
  }

  /// Returns this sequence with options for how all ranks compute it; see ``ParallelOptions``.
  ///
  /// ```swift
  /// let energies = try molecules.parallel(chunk: .items(1), threads: 2).map(dock)
  /// ```
  @inlinable
  public func parallel(
    chunk: Chunk = .automatic, threads: Int? = nil, retries: Int = 0, timeout: Duration? = nil,
    checkpoint: Checkpoint? = nil, isolation: Isolation = .thread, recycle: Int? = nil, memoryPerItem: Int? = nil,
    progress: String? = nil, buffer: Int? = nil
  ) -> Parallel<Self> {
    parallel(
      ParallelOptions(
        chunk: chunk, threads: threads, retries: retries, timeout: timeout, checkpoint: checkpoint,
        isolation: isolation, recycle: recycle, memoryPerItem: memoryPerItem, progress: progress, buffer: buffer))
  }

  /// Returns this sequence with options for how all ranks compute it.
  @inlinable
  public func parallel(_ options: ParallelOptions) -> Parallel<Self> { Parallel(self, options) }
}
