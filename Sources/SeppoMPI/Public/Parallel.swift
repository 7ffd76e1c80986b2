import SeppoCompute

/// How many items travel together.
public enum Chunk: Sendable, Equatable {
  /// As many as measured times make sensible: few messages, and an even end.
  case automatic
  /// So many items are computed at a stretch, 1 or more, and stay together; the last ones may be fewer. Where that takes
  /// microseconds only, several such chunks share a message.
  case items(Int)
}

/// A collection to be mapped by all ranks, with options.
///
/// ```swift
/// let energies = try molecules.parallel(chunk: .items(1)).map(dock)
/// ```
public struct Parallel<Base: Collection> where Base.Element: Codable & Sendable {
  /// Rank 0's elements; nil where there are none.
  @usableFromInline let base: Base?
  @usableFromInline let options: MapOptions

  @usableFromInline
  init(base: Base?, options: MapOptions) {
    self.base = base
    self.options = options
  }
}

extension Parallel {
  /// What `map` gives, computed by all ranks, on every rank.
  ///
  /// ```swift
  /// let roots = try numbers.parallel(threads: 4).map { $0.squareRoot() }
  /// ```
  ///
  /// - Parameter f: run once for each element, on any rank, on a thread of its own. It captures values only.
  /// - Returns: the results in the order of rank 0's elements, the same on every rank.
  /// - Throws: `SeppoError` on every rank: `itemThrew` for the lowest index at which `f` throws, `itemsDiffer` where the
  ///   ranks have other elements, `diverged` where they are not all in this call.
  /// - Note: where the main actor is the module's default isolation, declare a `nonisolated struct` and `nonisolated func`.
  @inlinable
  public func map<Result: Codable & Sendable>(
    _ f: @Sendable (Base.Element) throws -> Result, fileID: StaticString = #fileID, line: UInt = #line,
    column: UInt = #column
  ) throws -> [Result] {
    try withElements { elements, sample in
      try runMap(
        elements, sample, Result.self, options, givesToAll: true, Place(fileID: fileID, line: line, column: column)
      ) { input, output, first, bound in
        computeChunk(input, output, first, bound, f)
      }?.values ?? []
    }
  }

  /// What `map` gives, computed by all ranks, on rank 0: for results too large for every rank.
  ///
  /// ```swift
  /// try images.parallel().mapAtRoot(render).atRoot { frames in try save(frames) }
  /// ```
  ///
  /// - Throws: as ``map(_:fileID:line:column:)``, on every rank.
  @inlinable
  @discardableResult
  public func mapAtRoot<Result: Codable & Sendable>(
    _ f: @Sendable (Base.Element) throws -> Result, fileID: StaticString = #fileID, line: UInt = #line,
    column: UInt = #column
  ) throws -> AtRoot<[Result]> {
    try withElements { elements, sample in
      AtRoot(
        try runMap(
          elements, sample, Result.self, options, givesToAll: false, Place(fileID: fileID, line: line, column: column)
        ) { input, output, first, bound in
          computeChunk(input, output, first, bound, f)
        }?.values)
    }
  }

  /// The elements, where they are mapped: in contiguous memory, or as what they follow from. Elsewhere none, and what is
  /// compared of them, if anything is.
  @inlinable
  func withElements<Value>(_ body: (Elements<Base.Element>, ItemSample?) throws -> Value) throws -> Value {
    guard let base, readsElements() else {
      let sample = options.areEverywhere ? base.map { ItemSample($0) } : nil
      return try body(.memory(UnsafeBufferPointer(start: nil, count: 0)), sample)
    }
    if let value = try base.withContiguousStorageIfAvailable({ try body(.memory($0), nil) }) { return value }
    if let spacing = spacing(of: base) { return try body(.spaced(spacing), nil) }
    return try Array(base).withUnsafeBufferPointer { try body(.memory($0), nil) }
  }
}

/// Whether this rank's elements are the ones that count.
@usableFromInline
func readsElements() -> Bool { Job.current.isRoot || CallContext.current == .item }

/// Not inlinable, so that the escape of the kernel, which has a price, stays out of the user's module.
@usableFromInline
func runMap<Element: Codable & Sendable, Result: Codable & Sendable>(
  _ elements: Elements<Element>, _ sample: ItemSample?, _ result: Result.Type, _ options: MapOptions, givesToAll: Bool,
  keepsFailures: Bool = false, _ place: Place, _ kernel: ChunkKernel
) throws -> Mapped<Result>? {
  try MapCall(
    job: .current, place: place, options: options, givesToAll: givesToAll, keepsFailures: keepsFailures
  )
  .run(elements, sample, kernel)
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

  /// This collection, to be mapped by all ranks with options.
  ///
  /// ```swift
  /// let energies = try molecules.parallel(chunk: .items(1), threads: 2).map(dock)
  /// ```
  ///
  /// - Parameters:
  ///   - chunk: how many items travel together.
  ///   - threads: how many items this rank computes at once, 1 to 1024; what the environment's `SEPPO_THREADS` says, or 1,
  ///     where it isn't given. `mpirun` binds a rank to one core where it isn't told otherwise (`--bind-to none`).
  ///   - retries: so many times more is an item tried that throws, on another rank where there is one, 0 or more; the last
  ///     error counts.
  ///   - timeout: an item that takes longer, on the clock at the wall, has failed (`SeppoError.itemTimedOut`); with
  ///     `retries:` it is tried again. A thread can't be stopped, so the one that sits at it is let be while the others go
  ///     on. What it gives after its time is dropped. If it has not come back when nothing else is left to do, nor after
  ///     twice the timeout, the job ends (`itemStuck`). Inside an item, where nobody watches, a late item is found out
  ///     when it comes back.
  ///   - checkpoint: where the results are kept as they come, so that a later job goes on from there. All ranks make the
  ///     call with one, or none does; rank 0's counts, and only rank 0 opens it.
  @inlinable
  public func parallel(
    chunk: Chunk = .automatic, threads: Int? = nil, retries: Int = 0, timeout: Duration? = nil,
    checkpoint: Checkpoint? = nil
  ) -> Parallel<Self> {
    Parallel(
      base: self,
      options: MapOptions(chunk: chunk, threads: threads, retries: retries, timeout: timeout, checkpoint: checkpoint))
  }
}
