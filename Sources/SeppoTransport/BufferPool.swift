#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#else
  internal import Darwin
#endif

/// Long buffers that are used again: fresh memory costs more than what is done with it, since the system clears every page.
///
/// Each transport has its own. Taken by the thread that receives, given back by whichever lets go last: what changes does so
/// under the mutex, and that is why it is `Sendable`.
package final class BufferPool: @unchecked Sendable {
  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private var kept: [UnsafeMutableRawBufferPointer] = []
  private var bytes = 0

  /// Shorter ones are cheap.
  private static let shortest = 1 << 16
  /// No more bytes than these are kept.
  private static let most = 1 << 28

  init() { pthread_mutex_init(mutex, nil) }

  deinit {
    for buffer in kept { buffer.deallocate() }
    pthread_mutex_destroy(mutex)
    mutex.deallocate()
  }

  /// A buffer of this many bytes or more.
  func take(_ count: Int) -> UnsafeMutableRawBufferPointer {
    if count >= BufferPool.shortest, let buffer = takeKept(count) { return buffer }
    return .allocate(byteCount: count, alignment: ReceivedBytes.alignment)
  }

  private func takeKept(_ count: Int) -> UnsafeMutableRawBufferPointer? {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    // Not one that is much too long: another message may need it.
    guard let index = kept.firstIndex(where: { (count...(2 * count)).contains($0.count) }) else { return nil }
    bytes -= kept[index].count
    return kept.remove(at: index)
  }

  func giveBack(_ buffer: UnsafeMutableRawBufferPointer) {
    guard buffer.count >= BufferPool.shortest, keep(buffer) else { return buffer.deallocate() }
  }

  private func keep(_ buffer: UnsafeMutableRawBufferPointer) -> Bool {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    guard bytes + buffer.count <= BufferPool.most else { return false }
    kept.append(buffer)
    bytes += buffer.count
    return true
  }

  /// Lets go of what is kept.
  package func empty() {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    for buffer in kept { buffer.deallocate() }
    kept.removeAll()
    bytes = 0
  }
}
