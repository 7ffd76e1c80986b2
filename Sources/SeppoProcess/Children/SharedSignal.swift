internal import CFork
import Synchronization

/// Wakes a process that waits for a change in shared memory. Nobody holds it, so that a process that dies blocks no other.
struct SharedSignal {
  private let changes: UnsafeMutablePointer<Atomic<UInt32>>
  private let waiters: UnsafeMutablePointer<Atomic<UInt32>>

  /// - Parameter memory: 8 bytes that are 0 at first.
  init(_ memory: UnsafeMutableRawPointer) {
    changes = memory.assumingMemoryBound(to: Atomic<UInt32>.self)
    waiters = (memory + 4).assumingMemoryBound(to: Atomic<UInt32>.self)
  }

  /// To be called after the change. Async-signal-safe.
  func notify() {
    changes.pointee.wrappingAdd(1, ordering: .sequentiallyConsistent)
    if waiters.pointee.load(ordering: .sequentiallyConsistent) > 0 { seppo_wake(word) }
  }

  /// Waits for a change, at most for the time in nanoseconds, unless the condition holds already. It may return early.
  func wait(nanoseconds: Int, unless condition: () -> Bool) {
    waiters.pointee.wrappingAdd(1, ordering: .sequentiallyConsistent)
    let seen = changes.pointee.load(ordering: .sequentiallyConsistent)
    if !condition() { seppo_wait(word, seen, nanoseconds) }
    waiters.pointee.wrappingSubtract(1, ordering: .sequentiallyConsistent)
  }

  /// Forgets waiters that have died.
  func reset() { waiters.pointee.store(0, ordering: .relaxed) }

  private var word: UnsafePointer<UInt32> {
    UnsafePointer(UnsafeMutableRawPointer(changes).assumingMemoryBound(to: UInt32.self))
  }
}
