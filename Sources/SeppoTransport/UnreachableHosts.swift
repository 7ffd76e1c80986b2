#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#else
  internal import Darwin
#endif

/// Detects unreachable hosts from the state of this process's TCP connections.
package enum UnreachableHosts {
  /// Whether some host has not acknowledged sent data for `seconds` seconds.
  ///
  /// If a process is stopped or busy, its host's kernel still acknowledges, even when its receive buffer is full. So a
  /// host that does not is unreachable, powered off or crashed. Detects nothing on connections without unacknowledged
  /// data, on networks other than TCP, and on systems other than Linux.
  package static func exist(unacknowledgedFor seconds: Double) -> Bool {
    #if os(Linux)
      guard let folder = opendir("/proc/self/fd") else { return false }
      defer { closedir(folder) }
      while let entry = readdir(folder) {
        let name = withUnsafePointer(to: &entry.pointee.d_name) {
          $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
        }
        if let descriptor = Int32(name), isUnacknowledged(descriptor, for: seconds) { return true }
      }
    #endif
    return false
  }

  #if os(Linux)
    private static func isUnacknowledged(_ descriptor: Int32, for seconds: Double) -> Bool {
      var state = tcp_info()
      var length = socklen_t(MemoryLayout<tcp_info>.size)
      guard getsockopt(descriptor, Int32(IPPROTO_TCP), TCP_INFO, &state, &length) == 0 else { return false }
      // `unacked` excludes a peer with a closed window: it is probed forever, but has acknowledged all data.
      return state.tcpi_unacked > 0 && state.tcpi_retransmits > 0
        && Double(state.tcpi_last_ack_recv) > seconds * 1000
    }
  #endif
}
