#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#else
  internal import Darwin
#endif

/// What this process's own TCP connections tell about the hosts at their other ends.
package enum UnreachableHosts {
  /// Addresses of hosts that were sent something and have not acknowledged anything since, for so long.
  ///
  /// A process that is stopped, or busy, doesn't answer; but its host acknowledges all the same, even that it has no
  /// room for more. So whoever is named here is cut off, switched off or has crashed, and a process that takes its time
  /// is not. Nothing is known of connections that nothing was sent on, nor where ranks are connected by other means than
  /// TCP. Elsewhere than on Linux, nothing at all.
  package static func addresses(silentFor seconds: Double) -> Set<String> {
    #if os(Linux)
      var found: Set<String> = []
      guard let folder = opendir("/proc/self/fd") else { return [] }
      defer { closedir(folder) }
      while let entry = readdir(folder) {
        let name = withUnsafePointer(to: &entry.pointee.d_name) {
          $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
        }
        if let descriptor = Int32(name), isSilent(descriptor, for: seconds), let host = peer(of: descriptor) {
          found.insert(host)
        }
      }
      return found
    #else
      return []
    #endif
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

    private static func peer(of descriptor: Int32) -> String? {
      var address = sockaddr_storage()
      var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
      let capacity = Int(NI_MAXHOST)
      return withUnsafeMutablePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
          withUnsafeTemporaryAllocation(of: CChar.self, capacity: capacity) { name in
            guard let start = name.baseAddress, getpeername(descriptor, address, &length) == 0,
              getnameinfo(address, length, start, socklen_t(capacity), nil, 0, NI_NUMERICHOST) == 0
            else { return nil }
            return String(cString: start)
          }
        }
      }
    }
  #endif
}
