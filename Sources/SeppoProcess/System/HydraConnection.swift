/// This rank's connection to the daemon of Hydra, the launcher of MPICH and its descendants.
package enum HydraConnection {
  /// Its descriptor; nil if another launcher has started this process.
  static var descriptor: Int32? { getenv("PMI_FD").flatMap { Int32(String(cString: $0)) } }

  /// Tells Hydra that this rank ends in order, after `MPI_Finalize`. MPICH 5 itself does so in an `atexit` handler, which `_exit`
  /// skips; then Hydra would kill the other ranks.
  package static func finish() {
    var file = stat()
    // MPICH 4 has closed it already.
    guard let descriptor, fstat(descriptor, &file) == 0, file.st_mode & S_IFMT == S_IFSOCK else { return }
    signal(SIGPIPE, SIG_IGN)
    _ = Array("cmd=finalize\n".utf8).withUnsafeBytes { writeBytes($0, to: descriptor) }
    // Its daemon dies if nobody reads the answer.
    var answer = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    guard poll(&answer, 1, 5_000) == 1 else { return }
    withUnsafeTemporaryAllocation(byteCount: 256, alignment: 1) { _ = readBytes(from: descriptor, into: $0) }
  }

  /// Has Hydra end the job with a status; returns if that isn't possible. With other launchers, a rank's own status, or that of
  /// `MPI_Abort`, is the job's. With Hydra, neither is: before MPI has started, a rank's end is nothing to it, and after
  /// `MPI_Abort`, the rank often ends before the job does, whose status then is that of the ranks that Hydra kills.
  ///
  /// The command is one of PMI-1, MPICH's protocol for the ranks and the daemon.
  ///
  /// - Parameter pause: for the launcher to read the rank's output from a pipe, in nanoseconds.
  package static func endJob(status: Int32, after pause: Int = 0) {
    guard let descriptor else { return }
    sleep(nanoseconds: pause)
    let command = Array("cmd=abort exitcode=\(status)\n".utf8)
    guard command.withUnsafeBytes({ writeBytes($0, to: descriptor) }) == command.count else { return }
    let end = monotonicNanoseconds() + 5_000_000_000
    while monotonicNanoseconds() < end { sleep(nanoseconds: 100_000_000) }
  }
}
