/// This rank's connection to the daemon of Hydra, the launcher of MPICH and its descendants.
package enum HydraConnection {
  /// Its descriptor; nil if another launcher has started this process.
  static var descriptor: Int32? { getenv("PMI_FD").flatMap { Int32(String(cString: $0)) } }

  /// The command by which a rank ends the job, of PMI-1, MPICH's protocol for the ranks and the daemon.
  static func abort(status: Int32) -> String { "cmd=abort exitcode=\(status)" }

  /// A copy of the connection, at least with this number, closed on exec; nil if there is none.
  static func copy(from first: Int32) -> Int32? {
    descriptor.map { fcntl($0, F_DUPFD_CLOEXEC, first) }.flatMap { $0 < 0 ? nil : $0 }
  }

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
  package static func endJob(status: Int32) {
    guard let descriptor else { return }
    // The launcher reads the rank's output from a pipe.
    sleep(nanoseconds: 100_000_000)
    let command = Array((abort(status: status) + "\n").utf8)
    guard command.withUnsafeBytes({ writeBytes($0, to: descriptor) }) == command.count else { return }
    let end = monotonicNanoseconds() + 5_000_000_000
    while monotonicNanoseconds() < end { sleep(nanoseconds: 100_000_000) }
  }
}

/// Ends this process at once, without MPI and without handlers, and with it the job: the launcher ends the other ranks.
package func exitAtOnce(_ status: Int32) -> Never {
  HydraConnection.endJob(status: status)
  _exit(status)
}
