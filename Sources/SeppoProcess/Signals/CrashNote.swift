import Synchronization

/// What a signal handler writes where this process is ended by a signal: a checkpoint's note of whether rank 0 has died by
/// itself.
package enum CrashNote {
  package struct Note {
    let file: Int32
    let offset: Int
    let afterFault: [UInt8]
    let afterRequest: [UInt8]

    /// - Parameters:
    ///   - file: where it is written to, at this offset.
    ///   - afterFault: what is written where the program's own fault ends the process; `afterRequest`: where another signal does.
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
  private static let most = 32
  /// Written before `file` is, and never freed: that is why it is safe. First what is for faults, then what is for requests.
  nonisolated(unsafe) private static let bytes = UnsafeMutableRawPointer.allocate(byteCount: 2 * most, alignment: 8)

  /// From now on, until `forget`.
  package static func prepare(_ words: Note?) {
    guard let words, words.afterFault.count <= most, words.afterRequest.count <= most else { return }
    for (place, text) in [words.afterFault, words.afterRequest].enumerated() {
      text.withUnsafeBytes { (bytes + place * most).copyMemory(from: $0.baseAddress!, byteCount: $0.count) }
    }
    faultLength.store(words.afterFault.count, ordering: .relaxed)
    requestLength.store(words.afterRequest.count, ordering: .relaxed)
    offset.store(words.offset, ordering: .relaxed)
    file.store(words.file, ordering: .releasing)
  }

  package static func forget() { file.store(-1, ordering: .relaxed) }

  /// May be called by a signal handler.
  package static func write(afterFault: Bool) {
    let file = file.load(ordering: .acquiring)
    guard file >= 0 else { return }
    let length = afterFault ? faultLength.load(ordering: .relaxed) : requestLength.load(ordering: .relaxed)
    _ = pwrite(file, afterFault ? bytes : bytes + most, length, off_t(offset.load(ordering: .relaxed)))
  }
}
