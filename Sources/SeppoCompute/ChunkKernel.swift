import Synchronization

/// `f` over a chunk: items in contiguous memory, uninitialised memory for the values, the index of the first block of items,
/// and what limits the work.
///
/// The one closure that the inlinable part of a verb builds, so that its loop is specialised in the user's module.
public typealias ChunkKernel =
  @Sendable (UnsafeRawBufferPointer, UnsafeMutableRawBufferPointer, Int, ChunkLimits) -> ChunkOutcome

/// How far a kernel came.
public struct ChunkOutcome {
  /// This number of values, from the first on, is initialised.
  public let completed: Int
  /// What was thrown behind these; nil where all is computed, or the limit was met.
  public let thrown: (any Error)?
  /// The item that threw, counted from the first one of its block.
  public let offset: Int

  @inlinable
  public init(completed: Int, thrown: (any Error)? = nil, offset: Int = 0) {
    self.completed = completed
    self.thrown = thrown
    self.offset = offset
  }
}

/// What limits the work on all chunks of a call.
public final class ChunkLimits: Sendable {
  @usableFromInline let bound = Atomic<Int>(Int.max)
  @usableFromInline let size = Atomic<Int>(1)

  package init() {}

  /// Whether this block is not begun any more. Asked for every block, so it is one load.
  @inlinable
  public func isBeyond(_ block: Int) -> Bool { block >= bound.load(ordering: .relaxed) }

  /// Items of each block but the last.
  @inlinable
  public var blockSize: Int { size.load(ordering: .relaxed) }

  package func setBlockSize(_ size: Int) { self.size.store(size, ordering: .relaxed) }

  package func lower(to bound: Int) {
    // One step: several compute threads may do so at once, and the lowest must stay.
    self.bound.min(bound, ordering: .relaxed)
  }
}

/// Runs `f` over a chunk: a value for each item.
@inlinable
public func computeChunk<Element, Value>(
  _ input: UnsafeRawBufferPointer, _ output: UnsafeMutableRawBufferPointer, _ first: Int, _ limits: ChunkLimits,
  _ f: (Element) throws -> Value
) -> ChunkOutcome {
  let items = input.assumingMemoryBound(to: Element.self)
  guard let start = output.assumingMemoryBound(to: Value.self).baseAddress else { return ChunkOutcome(completed: 0) }
  var completed = 0
  do {
    while completed < items.count {
      if limits.isBeyond(first + completed) { break }
      (start + completed).initialize(to: try f(items[completed]))
      completed += 1
    }
  } catch {
    return ChunkOutcome(completed: completed, thrown: error)
  }
  return ChunkOutcome(completed: completed)
}

/// Runs `f` over a chunk: a value for each block of items.
///
/// - Parameter f: counts up the items that it is done with, from 0.
@inlinable
public func computeBlocks<Element, Value>(
  _ input: UnsafeRawBufferPointer, _ output: UnsafeMutableRawBufferPointer, _ first: Int, _ limits: ChunkLimits,
  _ f: (UnsafeBufferPointer<Element>, inout Int) throws -> Value
) -> ChunkOutcome {
  let items = input.assumingMemoryBound(to: Element.self)
  let size = limits.blockSize
  guard let start = output.assumingMemoryBound(to: Value.self).baseAddress else { return ChunkOutcome(completed: 0) }
  var (completed, done) = (0, 0)
  do {
    while completed * size < items.count {
      if limits.isBeyond(first + completed) { break }
      done = 0
      let block = UnsafeBufferPointer(rebasing: items[(completed * size)..<min((completed + 1) * size, items.count)])
      (start + completed).initialize(to: try f(block, &done))
      completed += 1
    }
  } catch {
    return ChunkOutcome(completed: completed, thrown: error, offset: done)
  }
  return ChunkOutcome(completed: completed)
}
