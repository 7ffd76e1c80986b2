import Synchronization

/// A note that a signal handler writes when a signal ends this process. A checkpoint uses it to record whether rank 0 crashed
/// or was killed.
package enum CrashNote {
  package struct Note {
    let file: Int32
    let offset: Int
    let afterFault: [UInt8]
    let afterRequest: [UInt8]

    /// - Parameters:
    ///   - file: the descriptor of the file to write to.
    ///   - offset: the position in the file, in bytes.
    ///   - afterFault: the bytes to write if the program's own fault ends the process.
    ///   - afterRequest: the bytes to write if another signal ends it.
    package init(file: Int32, offset: Int, afterFault: [UInt8], afterRequest: [UInt8]) {
      self.file = file
      self.offset = offset
      self.afterFault = afterFault
      self.afterRequest = afterRequest
    }
  }

  private static let file = Atomic<Int32>(-1)
  private static let offset = Atomic<Int>(0)
  private static let faultLength = Atomic<Int>(0)
  private static let requestLength = Atomic<Int>(0)
  private static let maximumLength = 32
  /// The bytes for faults, then those for requests. Safe because it is written before `file`, and never freed.
  nonisolated(unsafe) private static let bytes = UnsafeMutableRawPointer.allocate(
    byteCount: 2 * maximumLength, alignment: 8)

  /// For threads of a process without a launcher, which may make calls at the same time. The last one's note counts.
  private static let isBeingWritten = Mutex(())

  /// Sets the note, until `forget()`.
  package static func prepare(_ note: Note?) {
    guard let note, note.afterFault.count <= maximumLength, note.afterRequest.count <= maximumLength else { return }
    isBeingWritten.withLock { _ in
      file.store(-1, ordering: .relaxed)
      for (place, text) in [note.afterFault, note.afterRequest].enumerated() {
        text.withUnsafeBytes { (bytes + place * maximumLength).copyMemory(from: $0.baseAddress!, byteCount: $0.count) }
      }
      faultLength.store(note.afterFault.count, ordering: .relaxed)
      requestLength.store(note.afterRequest.count, ordering: .relaxed)
      offset.store(note.offset, ordering: .relaxed)
      file.store(note.file, ordering: .releasing)
    }
  }

  package static func forget() { file.store(-1, ordering: .relaxed) }

  /// Async-signal-safe.
  package static func write(afterFault: Bool) {
    let file = file.load(ordering: .acquiring)
    guard file >= 0 else { return }
    let length = afterFault ? faultLength.load(ordering: .relaxed) : requestLength.load(ordering: .relaxed)
    _ = pwrite(file, afterFault ? bytes : bytes + maximumLength, length, off_t(offset.load(ordering: .relaxed)))
  }
}
