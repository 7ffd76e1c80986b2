/// How many processes of this machine the system has killed for want of memory, by its own count.
enum KilledProcesses {
  /// Nil where the system doesn't say (Linux before 4.13, and others).
  static var count: Int? {
    let file = open("/proc/vmstat", O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { return nil }
    defer { close(file) }
    return withUnsafeTemporaryAllocation(byteCount: 1 << 14, alignment: 1) { buffer in
      var length = 0
      while length < buffer.count {
        let count = read(file, buffer.baseAddress! + length, buffer.count - length)
        if count <= 0 { break }
        length += count
      }
      let name = Array("\noom_kill ".utf8)
      let bytes = UnsafeRawBufferPointer(rebasing: buffer[..<length])
      guard let place = bytes.firstRange(of: name) else { return nil }
      return Int(String(decoding: bytes[place.upperBound...].prefix { $0 != 10 }, as: UTF8.self))
    }
  }
}
