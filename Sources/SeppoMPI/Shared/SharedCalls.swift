import SeppoCompute
import SeppoProcess
import Synchronization

/// The memory that all ranks of a job share, if they are on one host, for calls that are too short for messages.
///
/// Only the thread in a call uses it.
package final class SharedCalls {
  /// When calls are made in shared memory. Other values than `automatic` are for tests.
  package enum Use: String, Sendable { case automatic, always, never }

  let use: Use
  private let ranks: Int
  private var segment: SharedSegment?
  private var areAllReady = false
  /// For the values of a batch, before they are copied into the shared memory.
  let scratch: UnsafeMutableRawPointer
  private var stack = ThreadStack.Check()
  /// Whether this rank's items fit onto the calling thread's stack; nil if it has to be found out again.
  private var fitsStack: Bool?
  /// When this rank last looked at its messages between two chunks, in nanoseconds.
  var lastTurn = 0

  /// Two areas: when rank 0 writes a call, other ranks may still read the values of the one before.
  private static let areas = 2
  private static let readyOffset = areas * SharedArea.size
  private static let size = readyOffset + 8 * SharedArea.maximumRanks

  init(_ use: Use, ranks: Int) {
    self.use = use
    self.ranks = ranks
    scratch = UnsafeMutableRawPointer.allocate(
      byteCount: ranks > 1 ? SharedArea.valueCapacity : 0, alignment: SharedArea.line)
  }

  deinit { scratch.deallocate() }

  /// Whether there may be calls in shared memory.
  var exist: Bool { segment != nil }

  /// Returns the number of the last call that a rank has joined in shared memory.
  func lastJoined(_ rank: Int) -> Int {
    (0..<SharedCalls.areas).compactMap { area(of: $0)?.lastJoined(rank) }.max() ?? 0
  }

  /// On rank 0: creates the memory, if it doesn't exist yet.
  ///
  /// - Returns: its address, for the other ranks; nil if it exists or can't be created.
  func create() -> SharedSegment.Address? {
    guard segment == nil, ranks <= SharedArea.maximumRanks else { return nil }
    segment = SharedSegment.create(bytes: SharedCalls.size)
    return segment?.address
  }

  /// On another rank: opens the memory. If that fails, it is never used.
  func open(_ address: SharedSegment.Address, rank: Int) {
    segment = SharedSegment.attach(to: address, bytes: SharedCalls.size)
    if let segment { ready(rank, in: segment).pointee.store(1, ordering: .releasing) }
  }

  private func ready(_ rank: Int, in segment: SharedSegment) -> UnsafeMutablePointer<Atomic<Int>> {
    (segment.memory.baseAddress! + SharedCalls.readyOffset + 8 * rank).assumingMemoryBound(to: Atomic<Int>.self)
  }

  /// On rank 0: whether all ranks have opened the memory.
  var isReady: Bool {
    if areAllReady { return true }
    guard let segment else { return false }
    areAllReady = (1..<ranks).allSatisfy { ready($0, in: segment).pointee.load(ordering: .acquiring) != 0 }
    return areAllReady
  }

  /// Notes that compute threads have computed items.
  func noteComputing() { fitsStack = nil }

  /// Whether the calling thread's stack is large enough for this rank's items, as far as they are known.
  func hasStack(_ pool: ComputePool) -> Bool {
    let fits = fitsStack ?? !pool.needsDeepStack()
    fitsStack = fits
    return fits && stack.isEnough()
  }

  /// Returns the area of a call; nil if there is no memory.
  func area(of number: Int) -> SharedArea? {
    guard let segment else { return nil }
    return SharedArea(segment.memory.baseAddress! + number % SharedCalls.areas * SharedArea.size, owner: segment)
  }
}
