/// A limit of the memory that this process may take in addition to what it has.
package enum DataLimit {
  /// Limits private writable memory (`RLIMIT_DATA`), not address space, which threads and libraries reserve without using it.
  /// An allocation beyond the limit fails at once, however fast the process grows. Without effect on macOS.
  ///
  /// - Parameter bytes: how much more than now.
  package static func allow(more bytes: Int) {
    #if os(Linux)
      let status = SystemFile.text("/proc/self/status")?.split(separator: "\n") ?? []
      guard let line = status.first(where: { $0.hasPrefix("VmData:") }),
        let data = line.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap({ Int($0) })
      else { return }
      ResourceLimit.data.set(rlim_t(data.times(1024).plus(bytes)))
    #endif
  }
}
