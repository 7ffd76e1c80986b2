internal import CFork

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Returns the ends of a new pipe, closed on exec; nil on failure, with errno.
package func makePipe() -> (read: Int32, write: Int32)? {
  var ends: (read: Int32, write: Int32) = (-1, -1)
  let status = withUnsafeMutableBytes(of: &ends) { bytes in
    let numbers = bytes.bindMemory(to: Int32.self).baseAddress
    #if os(Linux)
      // At once: another thread may be starting a program.
      return pipe2(numbers, O_CLOEXEC)
    #else
      return pipe(numbers)
    #endif
  }
  guard status == 0 else { return nil }
  #if !os(Linux)
    _ = fcntl(ends.read, F_SETFD, FD_CLOEXEC)
    _ = fcntl(ends.write, F_SETFD, FD_CLOEXEC)
  #endif
  return ends
}
