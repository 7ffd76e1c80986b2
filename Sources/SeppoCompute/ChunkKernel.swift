import SeppoEngine
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
  /// Whether the last value decides the call, so that no block after it is needed.
  public let isDecisive: Bool

  @inlinable
  public init(completed: Int, thrown: (any Error)? = nil, offset: Int = 0, isDecisive: Bool = false) {
    self.completed = completed
    self.thrown = thrown
    self.offset = offset
    self.isDecisive = isDecisive
  }
}

/// The limits of all chunks of a call.
public final class ChunkLimits: Sendable {
  @usableFromInline let bound = Atomic<Int>(Int.max)
  /// The code of the blocks' size.
  private let size = Atomic<Int>(1)

  package init() {}

  /// Returns whether the block may no longer be started. It is called for every block, so it is a single load.
  @inlinable
  public func isBeyond(_ block: Int) -> Bool { block >= bound.load(ordering: .relaxed) }

  /// Returns the number of items of the block; the last one may have fewer.
  public func size(ofBlock block: Int) -> Int {
    let code = size.load(ordering: .relaxed)
    return code == 0 ? GrowingBlocks.size(of: block) : code
  }

  /// Returns the index of the block's first item.
  public func firstItem(ofBlock block: Int) -> Int {
    let code = size.load(ordering: .relaxed)
    return code == 0 ? GrowingBlocks.start(of: block) : block * code
  }

  /// The lowest block that may no longer be started.
  package var lowest: Int { bound.load(ordering: .relaxed) }

  /// The size of blocks, as a number for another process.
  package var sizeCode: Int {
    get { size.load(ordering: .relaxed) }
    set { size.store(newValue, ordering: .relaxed) }
  }

  package func setBlockSize(_ size: Blocks.Size) { self.size.store(size.code, ordering: .relaxed) }

  package func lower(to bound: Int) {
    // An atomic minimum: several compute threads may call this at once, and the lowest bound must win.
    self.bound.min(bound, ordering: .relaxed)
  }
}

/// Runs `f` on a chunk, with one value per item.
///
/// - Parameter f: gets the thread's state, an item, and the item's index among all items of the call.
@inlinable
@inline(__always)
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
@inline(__always)
public func computeBlocks<States: KernelStates, Element, Value>(
  _ states: States, _ input: UnsafeRawBufferPointer, _ output: UnsafeMutableRawBufferPointer, _ first: Int,
  _ limits: ChunkLimits,
  _ f: (inout States.State, UnsafeBufferPointer<Element>, Int, inout Int) throws -> Value
) -> ChunkOutcome {
  let items = input.assumingMemoryBound(to: Element.self)
  guard let start = output.assumingMemoryBound(to: Value.self).baseAddress, !items.isEmpty, !limits.isBeyond(first)
  else { return ChunkOutcome(completed: 0) }
  var (completed, next, done) = (0, 0, 0)
  do {
    try states.withState { state in
      while next < items.count {
        if limits.isBeyond(first + completed) { break }
        done = 0
        let end = min(next + limits.size(ofBlock: first + completed), items.count)
        let block = UnsafeBufferPointer(rebasing: items[next..<end])
        (start + completed).initialize(to: try f(&state, block, limits.firstItem(ofBlock: first + completed), &done))
        completed += 1
        next = end
      }
    }
  } catch {
    return ChunkOutcome(completed: completed, thrown: error, offset: done)
  }
  return ChunkOutcome(completed: completed)
}

/// Searches each block of a chunk for an item, and ends the chunk when it is found.
///
/// - Parameters:
///   - predicate: returns whether an item is the one.
///   - none: the value of a block without such an item.
///   - found: returns the value of a block from the first such item and its index.
@inlinable
@inline(__always)
public func searchBlocks<Element, Value>(
  _ input: UnsafeRawBufferPointer, _ output: UnsafeMutableRawBufferPointer, _ first: Int, _ limits: ChunkLimits,
  _ predicate: (Element) throws -> Bool, none: Value, found: (Element, Int) -> Value
) -> ChunkOutcome {
  let items = input.assumingMemoryBound(to: Element.self)
  guard let values = output.assumingMemoryBound(to: Value.self).baseAddress else { return ChunkOutcome(completed: 0) }
  var (completed, place, start) = (0, 0, 0)
  do {
    while place < items.count {
      start = place
      let end = min(start + limits.size(ofBlock: first + completed), items.count)
      while place < end {
        // Before each item, not only before each block: another rank may find an item below this block.
        if limits.isBeyond(first + completed) { return ChunkOutcome(completed: completed) }
        if try predicate(items[place]) {
          let index = limits.firstItem(ofBlock: first + completed) + place - start
          (values + completed).initialize(to: found(items[place], index))
          return ChunkOutcome(completed: completed + 1, isDecisive: true)
        }
        place += 1
      }
      (values + completed).initialize(to: none)
      completed += 1
    }
  } catch {
    return ChunkOutcome(completed: completed, thrown: error, offset: place - start)
  }
  return ChunkOutcome(completed: completed)
}
