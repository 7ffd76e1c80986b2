#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#else
  internal import Darwin
#endif

/// A pool of large buffers for reuse. The system clears every page of fresh memory, which takes longer than using it.
///
/// One pool per transport. The receiving thread takes buffers; the thread that releases the last reference returns
/// them. `Sendable` because the mutex protects all mutable state.
package final class BufferPool: @unchecked Sendable {
  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private var kept: [UnsafeMutableRawBufferPointer] = []
  private var bytes = 0

  /// Minimum size of a pooled buffer, in bytes: smaller ones are cheap to allocate.
  private static let minSize = 1 << 16
  /// Maximum total size of the pooled buffers, in bytes.
  private static let maxTotal = 1 << 28

  init() { pthread_mutex_init(mutex, nil) }

  deinit {
    for buffer in kept { buffer.deallocate() }
    pthread_mutex_destroy(mutex)
    mutex.deallocate()
  }

  /// Returns a buffer of at least `count` bytes.
  func take(_ count: Int) -> UnsafeMutableRawBufferPointer {
    if count >= BufferPool.minSize, let buffer = takeKept(count) { return buffer }
    return .allocate(byteCount: count, alignment: ReceivedBytes.alignment)
  }

  private func takeKept(_ count: Int) -> UnsafeMutableRawBufferPointer? {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    // Not a much larger one: another message may need it.
    guard let index = kept.firstIndex(where: { (count...(2 * count)).contains($0.count) }) else { return nil }
    bytes -= kept[index].count
    return kept.remove(at: index)
  }

  func put(_ buffer: UnsafeMutableRawBufferPointer) {
    guard buffer.count >= BufferPool.minSize, keep(buffer) else { return buffer.deallocate() }
  }

  private func keep(_ buffer: UnsafeMutableRawBufferPointer) -> Bool {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    guard bytes + buffer.count <= BufferPool.maxTotal else { return false }
    kept.append(buffer)
    bytes += buffer.count
    return true
  }

  /// Frees all pooled buffers.
  package func empty() {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    for buffer in kept { buffer.deallocate() }
    kept.removeAll()
    bytes = 0
  }
}
