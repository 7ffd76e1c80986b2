import Synchronization

/// Computes a chunk. The arguments are the items in contiguous memory, uninitialised memory for the values, the index
/// of the first block, and the limits of the call.
///
/// A verb's inlinable part builds this closure, so that its loop is specialised in the user's module.
public typealias ChunkKernel =
  @Sendable (UnsafeRawBufferPointer, UnsafeMutableRawBufferPointer, Int, ChunkLimits) -> ChunkOutcome

/// The result of running a kernel on a chunk.
public struct ChunkOutcome {
  /// The number of initialised values, from the start of the chunk.
  public let completed: Int
  /// The error thrown after these values; nil if all are computed or the limit was reached.
  public let thrown: (any Error)?
  /// The item that threw, relative to the first item of its block.
  public let offset: Int

  @inlinable
  public init(completed: Int, thrown: (any Error)? = nil, offset: Int = 0) {
    self.completed = completed
    self.thrown = thrown
    self.offset = offset
  }
}

/// The limits of all chunks of a call.
public final class ChunkLimits: Sendable {
  @usableFromInline let bound = Atomic<Int>(Int.max)
  @usableFromInline let size = Atomic<Int>(1)

  package init() {}

  /// Returns whether the block may no longer be started. It is called for every block, so it is a single load.
  @inlinable
  public func isBeyond(_ block: Int) -> Bool { block >= bound.load(ordering: .relaxed) }

  /// The number of items in each block except the last.
  @inlinable
  public var blockSize: Int { size.load(ordering: .relaxed) }

  package func setBlockSize(_ size: Int) { self.size.store(size, ordering: .relaxed) }

  package func lower(to bound: Int) {
    // An atomic minimum: several compute threads may call this at once, and the lowest bound must win.
    self.bound.min(bound, ordering: .relaxed)
  }
}

/// Runs `f` on a chunk, with one value per item.
///
/// - Parameter f: gets the thread's state, an item, and the item's index among all items of the call.
@inlinable
public func computeChunk<States: KernelStates, Element, Value>(
  _ states: States, _ input: UnsafeRawBufferPointer, _ output: UnsafeMutableRawBufferPointer, _ first: Int,
  _ limits: ChunkLimits, _ f: (inout States.State, Element, Int) throws -> Value
) -> ChunkOutcome {
  let items = input.assumingMemoryBound(to: Element.self)
  guard let start = output.assumingMemoryBound(to: Value.self).baseAddress, !items.isEmpty, !limits.isBeyond(first)
  else { return ChunkOutcome(completed: 0) }
  var completed = 0
  do {
    try states.withState { state in
      while completed < items.count {
        if limits.isBeyond(first + completed) { break }
        (start + completed).initialize(to: try f(&state, items[completed], first + completed))
        completed += 1
      }
    }
  } catch {
    return ChunkOutcome(completed: completed, thrown: error)
  }
  return ChunkOutcome(completed: completed)
}

/// Runs `f` on a chunk, with one value per block of items.
///
/// - Parameter f: gets the thread's state, the items of a block, the index of the first one among all items of the call,
///   and a count of 0, which it increments for each item that it has processed.
@inlinable
public func computeBlocks<States: KernelStates, Element, Value>(
  _ states: States, _ input: UnsafeRawBufferPointer, _ output: UnsafeMutableRawBufferPointer, _ first: Int,
  _ limits: ChunkLimits,
  _ f: (inout States.State, UnsafeBufferPointer<Element>, Int, inout Int) throws -> Value
) -> ChunkOutcome {
  let items = input.assumingMemoryBound(to: Element.self)
  let size = limits.blockSize
  guard let start = output.assumingMemoryBound(to: Value.self).baseAddress, !items.isEmpty, !limits.isBeyond(first)
  else { return ChunkOutcome(completed: 0) }
  var (completed, done) = (0, 0)
  do {
    try states.withState { state in
      while completed * size < items.count {
        if limits.isBeyond(first + completed) { break }
        done = 0
        let block = UnsafeBufferPointer(rebasing: items[(completed * size)..<min((completed + 1) * size, items.count)])
        (start + completed).initialize(to: try f(&state, block, (first + completed) * size, &done))
        completed += 1
      }
    }
  } catch {
    return ChunkOutcome(completed: completed, thrown: error, offset: done)
  }
  return ChunkOutcome(completed: completed)
}
