import Synchronization

/// `f` over a chunk: items in contiguous memory, uninitialised memory for the results, the index of the first item, and
/// the index from which on items are not begun any more.
///
/// The one closure that the inlinable part of a verb builds, so that its loop is specialised in the user's module.
public typealias ChunkKernel =
  @Sendable (UnsafeRawBufferPointer, UnsafeMutableRawBufferPointer, Int, Bound) -> ChunkOutcome

/// How far a kernel came.
public struct ChunkOutcome {
  /// So many results, from the first on, are initialised.
  public let completed: Int
  /// What the item after those threw; nil where all is computed, or the bound was met.
  public let thrown: (any Error)?

  @inlinable
  public init(completed: Int, thrown: (any Error)?) {
    self.completed = completed
    self.thrown = thrown
  }
}

/// The index from which on items are not begun any more. Read for every item, so it is one load.
public final class Bound: Sendable {
  @usableFromInline let index = Atomic<Int>(Int.max)

  package init() {}

  @inlinable
  public func isBeyond(_ item: Int) -> Bool { item >= index.load(ordering: .relaxed) }

  package func lower(to bound: Int) {
    // One step: several compute threads may do so at once, and the lowest must stay.
    index.min(bound, ordering: .relaxed)
  }
}

/// Runs `f` over a chunk.
@inlinable
public func computeChunk<Element, Result>(
  _ input: UnsafeRawBufferPointer, _ output: UnsafeMutableRawBufferPointer, _ first: Int, _ bound: Bound,
  _ f: (Element) throws -> Result
) -> ChunkOutcome {
  let items = input.assumingMemoryBound(to: Element.self)
  let results = output.assumingMemoryBound(to: Result.self)
  guard let start = results.baseAddress else { return ChunkOutcome(completed: 0, thrown: nil) }
  var completed = 0
  do {
    while completed < items.count {
      if bound.isBeyond(first + completed) { break }
      (start + completed).initialize(to: try f(items[completed]))
      completed += 1
    }
  } catch {
    return ChunkOutcome(completed: completed, thrown: error)
  }
  return ChunkOutcome(completed: completed, thrown: nil)
}
