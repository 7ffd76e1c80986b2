/// A limit of the memory that this process may take in addition to what it has.
package enum DataLimit {
  /// Limits private writable memory (`RLIMIT_DATA`), not address space, which threads and libraries reserve without using it.
  /// An allocation beyond the limit fails at once, however fast the process grows. Without effect on macOS.
  ///
  /// - Parameter bytes: how much more than now.
  package static func allow(more bytes: Int) {
    #if os(Linux)
      guard
        let line = SystemFile.text("/proc/self/status")?.split(separator: "\n").first(where: { $0.hasPrefix("VmData:") }
        ),
        let data = line.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap({ Int($0) })
      else { return }
      let (sum, isTooMuch) = data.times(1024).addingReportingOverflow(bytes)
      var limit = rlimit()
      #if canImport(Glibc)
        let resource = __rlimit_resource_t(RLIMIT_DATA.rawValue)
      #else
        let resource = RLIMIT_DATA
      #endif
      guard !isTooMuch, getrlimit(resource, &limit) == 0 else { return }
      limit.rlim_cur = min(limit.rlim_max, rlim_t(sum))
      setrlimit(resource, &limit)
    #endif
  }
}
