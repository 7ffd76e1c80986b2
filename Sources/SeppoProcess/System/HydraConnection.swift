/// This rank's connection to the daemon of Hydra, the launcher of MPICH and its descendants.
package enum HydraConnection {
  /// Its descriptor; nil if another launcher has started this process.
  static var descriptor: Int32? { getenv("PMI_FD").flatMap { Int32(String(cString: $0)) } }

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
