/// Whether this rank is bound to fewer cores than it has compute threads: `mpirun` binds each of one or two ranks to one
/// core, and three compute threads there are no faster than one.
package struct Binding {
  private enum State {
    case unknown
    /// Nothing binds this rank; or it has been said.
    case settled
    case bound(cores: Int, of: Int)
  }

  private var state = State.unknown

  package init() {}

  /// Says so, once, where so many compute threads share fewer cores.
  package mutating func check(threads: Int, rank: Int, host: String) {
    if case .unknown = state { state = Binding.look() }
    guard case .bound(let cores, let all) = state, threads > cores else { return }
    state = .settled
    let slurm = getenv("SLURM_JOB_ID") == nil ? "" : "ask Slurm for --cpus-per-task=\(threads), and "
    // mpirun refuses to bind a rank to more cores than there are for it.
    let isRoom = threads * (Launcher.localRanks ?? 1) <= all
    let bound = isRoom ? " (or --map-by slot:PE=\(threads))" : ""
    Console.write(
      """
      Seppo: rank \(rank) (\(host)): \(threads) compute threads share \(cores) of \(all) cores; \(slurm)launch with \
      ./mpi-run.sh --threads \(threads) …, or mpirun --bind-to none …\(bound)
      """)
  }

  private static func look() -> State {
    guard let own = cores(ofProcess: "self") else { return .settled }
    // Process 1 may use what the machine has, or the container; some clusters hide it.
    let all = cores(ofProcess: "1") ?? Int(sysconf(Int32(_SC_NPROCESSORS_ONLN)))
    return own < all ? .bound(cores: own, of: all) : .settled
  }

  /// How many cores a process may run on; nil where there is no Linux to say so. Not by `sched_getaffinity`, which Swift's
  /// Glibc hides.
  package static func cores(ofProcess process: String) -> Int? {
    SystemFile.text("/proc/\(process)/status")?.split(separator: "\n").lazy.compactMap {
      cores(inStatusLine: String($0))
    }
    .first
  }

  /// Of a line like `Cpus_allowed: ff,ffffffff`, which has a bit for each.
  package static func cores(inStatusLine line: String) -> Int? {
    guard line.hasPrefix("Cpus_allowed:") else { return nil }
    return line.dropFirst("Cpus_allowed:".count).reduce(0) { $0 + ($1.hexDigitValue ?? 0).nonzeroBitCount }
  }
}
