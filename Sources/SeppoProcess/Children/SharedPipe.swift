import Synchronization

/// Bytes from one process to another, in memory that they share.
///
/// `@unchecked Sendable` because all that both sides use at the same time is atomic.
package struct SharedPipe: @unchecked Sendable {
  private static let capacity = 256 << 10
  private static let line = 64
  package static var size: Int { 3 * line + capacity }

  private let memory: UnsafeMutableRawPointer

  /// - Parameter memory: `size` bytes, aligned to 64, zeros at first.
  package init(_ memory: UnsafeMutableRawPointer) { self.memory = memory }

  /// The number of bytes written so far.
  private var written: UnsafeMutablePointer<Atomic<Int>> { memory.assumingMemoryBound(to: Atomic<Int>.self) }
  /// The number of bytes read so far.
  private var read: UnsafeMutablePointer<Atomic<Int>> {
    (memory + SharedPipe.line).assumingMemoryBound(to: Atomic<Int>.self)
  }
  private var data: SharedSignal { SharedSignal(memory + 2 * SharedPipe.line) }
  private var space: SharedSignal { SharedSignal(memory + 2 * SharedPipe.line + 8) }
  private var bytes: UnsafeMutableRawPointer { memory + 3 * SharedPipe.line }

  /// The number of bytes that can be read without waiting.
  package var available: Int {
    written.pointee.load(ordering: .acquiring) - read.pointee.load(ordering: .acquiring)
  }

  /// Wakes the reader.
  package func flush() { data.notify() }

  /// Waits until there are bytes, at most for the time in nanoseconds, or until it is woken.
  package func wait(nanoseconds: Int) { data.wait(nanoseconds: nanoseconds) { available > 0 } }

  /// Empties the pipe. Nobody may use it.
  func reset() {
    written.pointee.store(0, ordering: .relaxed)
    read.pointee.store(0, ordering: .relaxed)
    data.reset()
    space.reset()
  }

  /// Writes bytes. The reader sees them, but isn't woken unless the pipe is full.
  ///
  /// - Parameter mayWait: called repeatedly while the pipe is full; it ends the wait by throwing.
  package func write<Failure: Error>(
    _ source: UnsafeRawBufferPointer, _ mayWait: () throws(Failure) -> Void
  ) throws(Failure) {
    var done = 0
    while done < source.count {
      let start = written.pointee.load(ordering: .relaxed)
      let room = SharedPipe.capacity - (start - read.pointee.load(ordering: .acquiring))
      if room == 0 {
        flush()
        space.wait(nanoseconds: SharedPipe.longestWait) {
          written.pointee.load(ordering: .relaxed) - read.pointee.load(ordering: .acquiring) < SharedPipe.capacity
        }
        try mayWait()
        continue
      }
      let place = start % SharedPipe.capacity
      let count = min(room, source.count - done, SharedPipe.capacity - place)
      (bytes + place).copyMemory(from: source.baseAddress! + done, byteCount: count)
      written.pointee.store(start + count, ordering: .releasing)
      done += count
    }
  }

  /// Reads bytes that are there.
  ///
  /// - Returns: their number, at most the size of the target.
  package func read(_ target: UnsafeMutableRawBufferPointer) -> Int {
    var done = 0
    while done < target.count {
      let start = read.pointee.load(ordering: .relaxed)
      let there = written.pointee.load(ordering: .acquiring) - start
      if there == 0 { break }
      let place = start % SharedPipe.capacity
      let count = min(there, target.count - done, SharedPipe.capacity - place)
      (target.baseAddress! + done).copyMemory(from: bytes + place, byteCount: count)
      read.pointee.store(start + count, ordering: .releasing)
      done += count
    }
    if done > 0 { space.notify() }
    return done
  }

  /// The time between two looks at what else may end a wait, in nanoseconds.
  package static var longestWait: Int { 20_000_000 }
}
