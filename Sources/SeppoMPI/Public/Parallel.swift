import SeppoCompute

/// A collection to be computed by all ranks, with options.
///
/// ```swift
/// let energies = try molecules.parallel(chunk: .items(1)).map(dock)
/// ```
public struct Parallel<Base: Collection> where Base.Element: Codable & Sendable {
  /// Rank 0's elements; nil where there are none.
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

  /// The same verbs, whose values only rank 0 gets: for what is too large for every rank.
  ///
  /// ```swift
  /// try images.parallel().atRoot.map(render).atRoot { frames in try save(frames) }
  /// ```
  public var atRoot: ParallelAtRoot<Base> {
    @inlinable get { ParallelAtRoot(self) }
  }
}

/// A collection to be computed by all ranks for rank 0; see ``Parallel/atRoot``.
public struct ParallelAtRoot<Base: Collection> where Base.Element: Codable & Sendable {
  @usableFromInline let parallel: Parallel<Base>

  @inlinable
  init(_ parallel: Parallel<Base>) { self.parallel = parallel }
}

extension Parallel {
  /// Lends what is to be computed.
  @inlinable
  func withWork<Value>(_ place: Place, _ body: (Work<Base.Element>) throws -> Value) throws -> Value {
    try Work.lend(base, options, areEverywhere: areEverywhere, place, body)
  }
}

extension Collection where Element: Codable & Sendable {
  /// What `map` gives, computed by all ranks, on every rank: one word changes.
  ///
  /// ```swift
  /// let squares = try numbers.mapParallel { $0 * $0 }
  /// ```
  ///
  /// Every rank makes the call with the same elements, in the same order: their count and at most 64 of them are compared.
  /// What comes from a `Set`, a `Dictionary`, a random number generator or the clock differs from rank to rank: sort it, or
  /// make it in ``Seppo/atRoot(_:fileID:line:column:)``, whose value can be mapped as it is. Inside `f`, where a rank is alone, it
  /// is `map`.
  ///
  /// - Parameter f: run once for each element, on any rank, on a thread of its own. It captures values only.
  /// - Returns: the results in the order of the elements, the same on every rank.
  /// - Throws: `SeppoError` on every rank: `itemThrew` for the lowest index at which `f` throws, `itemsDiffer` where the
  ///   ranks have other elements, `diverged` where they are not all in this call.
  /// - Note: where the main actor is the module's default isolation, declare a `nonisolated struct` and `nonisolated func`.
  @inlinable
  public func mapParallel<Result: Codable & Sendable>(
    _ f: @Sendable (Element) throws -> Result, fileID: StaticString = #fileID, line: UInt = #line,
    column: UInt = #column
  ) throws -> [Result] {
    try parallel().map(f, fileID: fileID, line: line, column: column)
  }

  /// This collection, to be computed by all ranks with options: see ``ParallelOptions``.
  ///
  /// ```swift
  /// let energies = try molecules.parallel(chunk: .items(1), threads: 2).map(dock)
  /// ```
  @inlinable
  public func parallel(
    chunk: Chunk = .automatic, threads: Int? = nil, retries: Int = 0, timeout: Duration? = nil,
    checkpoint: Checkpoint? = nil
  ) -> Parallel<Self> {
    parallel(
      ParallelOptions(chunk: chunk, threads: threads, retries: retries, timeout: timeout, checkpoint: checkpoint))
  }

  /// This collection, to be computed by all ranks with options.
  @inlinable
  public func parallel(_ options: ParallelOptions) -> Parallel<Self> { Parallel(self, options) }
}
