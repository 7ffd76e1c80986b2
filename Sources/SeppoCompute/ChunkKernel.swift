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
@inlinable
@inline(__always)
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

/// Runs `f` on a chunk, with one value per block of items.
///
/// - Parameter f: computes the value of a block from its items and the index of the first one. It increments its third
///   argument for each item that it has processed, starting at 0.
@inlinable
@inline(__always)
public func computeBlocks<Element, Value>(
  _ input: UnsafeRawBufferPointer, _ output: UnsafeMutableRawBufferPointer, _ first: Int, _ limits: ChunkLimits,
  _ f: (UnsafeBufferPointer<Element>, Int, inout Int) throws -> Value
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
      (start + completed).initialize(to: try f(block, (first + completed) * size, &done))
      completed += 1
    }
  } catch {
    return ChunkOutcome(completed: completed, thrown: error, offset: done)
  }
  return ChunkOutcome(completed: completed)
}

/// Searches each block of a chunk for an item, and ends the chunk when it is found. The value of a block is the index of
/// the first of its items that satisfies the predicate, or −1.
@inlinable
@inline(__always)
public func searchBlocks<Element>(
  _ input: UnsafeRawBufferPointer, _ output: UnsafeMutableRawBufferPointer, _ first: Int, _ limits: ChunkLimits,
  _ predicate: (Element) throws -> Bool
) -> ChunkOutcome {
  let items = input.assumingMemoryBound(to: Element.self)
  let size = limits.blockSize
  guard let values = output.assumingMemoryBound(to: Int.self).baseAddress else { return ChunkOutcome(completed: 0) }
  var (completed, place, start) = (0, 0, 0)
  do {
    while place < items.count {
      start = place
      let end = min(start + size, items.count)
      while place < end {
        // Before each item, not only before each block: another rank may find an item below this block.
        if limits.isBeyond(first + completed) { return ChunkOutcome(completed: completed) }
        if try predicate(items[place]) {
          (values + completed).initialize(to: first * size + place)
          return ChunkOutcome(completed: completed + 1, isDecisive: true)
        }
        place += 1
      }
      (values + completed).initialize(to: -1)
      completed += 1
    }
  } catch {
    return ChunkOutcome(completed: completed, thrown: error, offset: place - start)
  }
  return ChunkOutcome(completed: completed)
}
