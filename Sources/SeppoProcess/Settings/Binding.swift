/// A check whether this rank is bound to fewer cores than it has compute threads.
///
/// With one or two ranks, `mpirun` binds each rank to one core. Three compute threads there are no faster than one.
package struct Binding {
  private enum State {
    case unknown
    /// The rank is not bound, or the warning has been printed.
    case settled
    case bound(cores: Int, of: Int)
  }

  private var state = State.unknown

  package init() {}

  /// Prints a warning, once, if there are more compute threads than cores.
  package mutating func check(threads: Int, rank: Int, host: String) {
    if case .unknown = state { state = Binding.look() }
    guard case .bound(let cores, let all) = state, threads > cores else { return }
    state = .settled
    // mpirun refuses to bind a rank to more cores than the machine has for it.
    let hasEnoughCores = threads * (Launcher.localRanks ?? 1) <= all
    let advice = Binding.advice(threads: threads, canBind: hasEnoughCores) { name in
      getenv(name).map { String(cString: $0) }
    }
    Console.write(
      "Seppo: rank \(rank) (\(host)): \(threads) compute threads share \(cores) of \(all) cores; \(advice)")
  }

  /// Returns what to do, which isn't what the user has done.
  ///
  /// - Parameters:
  ///   - canBind: whether the machine has enough cores for all its ranks.
  ///   - variable: returns an environment variable.
  static func advice(threads: Int, canBind: Bool, _ variable: (String) -> String?) -> String {
    let bound = canBind ? " (or --map-by slot:PE=\(threads))" : ""
    let launch = "launch with ./mpi-run.sh --threads \(threads) …, or mpirun --bind-to none …\(bound)"
    guard variable("SLURM_JOB_ID") != nil else { return launch }
    guard let given = variable("SLURM_CPUS_PER_TASK").flatMap({ Int($0) }), given >= threads else {
      return "ask Slurm for --cpus-per-task=\(threads), and \(launch)"
    }
    guard LauncherKind.of(variable)?.mark == "SLURM_STEP_ID" else { return launch }
    return """
      since Slurm 22.05, srun does not take --cpus-per-task from the job: srun --cpus-per-task=$SLURM_CPUS_PER_TASK …
      """
  }

  private static func look() -> State {
    guard let own = cores(ofProcess: "self") else { return .settled }
    // Process 1 may use all cores of the machine or container. Some clusters hide it.
    let all = cores(ofProcess: "1") ?? Int(sysconf(Int32(_SC_NPROCESSORS_ONLN)))
    return own < all ? .bound(cores: own, of: all) : .settled
  }

  /// Returns the number of cores that a process may run on; nil on systems other than Linux.
  ///
  /// Swift's Glibc module hides `sched_getaffinity`, so this reads /proc.
  package static func cores(ofProcess process: String) -> Int? { mask(ofProcess: process)?.count }

  /// Returns the numbers of these cores.
  static func mask(ofProcess process: String) -> Set<Int>? {
    SystemFile.text("/proc/\(process)/status")?.split(separator: "\n").lazy.compactMap {
      mask(inStatusLine: String($0))
    }
    .first
  }

  /// Parses a line such as `Cpus_allowed: ff,ffffffff`, which has a bit for each core.
  package static func mask(inStatusLine line: String) -> Set<Int>? {
    guard line.hasPrefix("Cpus_allowed:") else { return nil }
    let digits = line.dropFirst("Cpus_allowed:".count).compactMap(\.hexDigitValue)
    return Set(
      digits.reversed().enumerated().flatMap { place, digit in
        (0..<4).filter { digit >> $0 & 1 == 1 }.map { 4 * place + $0 }
      })
  }
}
