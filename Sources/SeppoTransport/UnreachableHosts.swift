#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#else
  internal import Darwin
#endif

/// What this process's own TCP connections tell about the hosts at their other ends.
package enum UnreachableHosts {
  /// Whether there are hosts that were sent something and have not acknowledged anything since, for so many seconds.
  ///
  /// A process that is stopped, or busy, doesn't answer; but its host acknowledges all the same, even that it has no
  /// room for more. So such a host is cut off, switched off or has crashed, and one whose process takes its time is not.
  /// Nothing is known of connections that nothing was sent on, nor where ranks are connected by other means than TCP.
  /// Elsewhere than on Linux, nothing at all.
  package static func areThere(silentFor seconds: Double) -> Bool {
    #if os(Linux)
      guard let folder = opendir("/proc/self/fd") else { return false }
      defer { closedir(folder) }
      while let entry = readdir(folder) {
        let name = withUnsafePointer(to: &entry.pointee.d_name) {
          $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
        }
        if let descriptor = Int32(name), isSilent(descriptor, for: seconds) { return true }
      }
    #endif
    return false
  }

  #if os(Linux)
    private static func isSilent(_ descriptor: Int32, for seconds: Double) -> Bool {
      var state = tcp_info()
      var length = socklen_t(MemoryLayout<tcp_info>.size)
      guard getsockopt(descriptor, Int32(IPPROTO_TCP), TCP_INFO, &state, &length) == 0 else { return false }
      // A peer whose window is shut is probed without end; it has acknowledged all that it was sent.
      return state.tcpi_unacked > 0 && state.tcpi_retransmits > 0
        && Double(state.tcpi_last_ack_recv) > seconds * 1000
    }
  #endif
}
