import Synchronization

/// What a signal handler writes where this process dies of a fault: a checkpoint's note that rank 0 has died.
enum LastWords {
  private static let file = Atomic<Int32>(-1)
  private static let offset = Atomic<Int>(0)
  private static let length = Atomic<Int>(0)
  /// Written before `file` is, and never freed: that is why it is safe.
  nonisolated(unsafe) private static let bytes = UnsafeMutableRawPointer.allocate(byteCount: most, alignment: 8)
  private static let most = 32

  /// From now on, until `forget`.
  static func prepare(_ words: CheckpointLastWords?) {
    guard let words, words.bytes.count <= most else { return }
    words.bytes.withUnsafeBytes { bytes.copyMemory(from: $0.baseAddress!, byteCount: $0.count) }
    length.store(words.bytes.count, ordering: .relaxed)
    offset.store(words.offset, ordering: .relaxed)
    file.store(words.file, ordering: .releasing)
  }

  static func forget() { file.store(-1, ordering: .relaxed) }

  /// May be called by a signal handler.
  static func write() {
    let file = file.load(ordering: .acquiring)
    guard file >= 0 else { return }
    _ = pwrite(file, bytes, length.load(ordering: .relaxed), off_t(offset.load(ordering: .relaxed)))
  }
}
