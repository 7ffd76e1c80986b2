internal import CMPI

/// MPI in this process: started, by us or by somebody before us, and ended by whoever started it.
package struct MPIEnvironment: Sendable {
  /// Whether another library had started MPI. Then it is that library's to end.
  package let startedByOthers: Bool
  /// Whether any thread may make MPI calls, one at a time (`MPI_THREAD_SERIALIZED` or more).
  /// Where it is false, only the thread that started MPI may.
  package let isSerialized: Bool

  /// Whether MPI runs in this process (`MPI_Initialized`), started by any library.
  package static var isStarted: Bool {
    var flag: Int32 = 0
    return MPI_Initialized(&flag) == seppo_success() && flag != 0
  }

  /// Starts MPI (`MPI_Init_thread`), or joins what another library has started.
  ///
  /// - Throws: `MPIStartError` where the loaded MPI isn't the one compiled against, where MPI has ended already, or where
  ///   the launcher and the library don't know each other; `MPIError` where MPI itself fails.
  package static func start() throws -> MPIEnvironment {
    try MPIVersion.compiled.check(loaded: .loaded)
    var flag: Int32 = 0
    try check("MPI_Finalized", MPI_Finalized(&flag))
    if flag != 0 { throw MPIStartError.ended }
    try check("MPI_Initialized", MPI_Initialized(&flag))
    let startedByOthers = flag != 0
    var provided: Int32 = 0
    if startedByOthers {
      try check("MPI_Query_thread", MPI_Query_thread(&provided))
    } else {
      try check("MPI_Init_thread", MPI_Init_thread(nil, nil, seppo_thread_serialized(), &provided))
      try check("MPI_Comm_set_errhandler", MPI_Comm_set_errhandler(seppo_comm_world(), seppo_errors_return()))
      try check("MPI_Comm_set_errhandler", MPI_Comm_set_errhandler(seppo_comm_self(), seppo_errors_return()))
    }
    return MPIEnvironment(startedByOthers: startedByOthers, isSerialized: provided >= seppo_thread_serialized())
  }

  /// Whether the calling thread may make MPI calls at the thread level that MPI provided.
  package var allowsThisThread: Bool {
    if isSerialized { return true }
    var isMain: Int32 = 0
    return MPI_Is_thread_main(&isMain) == seppo_success() && isMain != 0
  }

  /// Whether MPI has ended (`MPI_Finalized`), by whomever: then no MPI call may be made any more.
  package var hasEnded: Bool {
    var flag: Int32 = 0
    return MPI_Finalized(&flag) != seppo_success() || flag != 0
  }

  /// Ends MPI (`MPI_Finalize`) if we started it; where the process is about to end, also if others did, because they will
  /// not come to it.
  package func end(withProcess: Bool = false) throws {
    if !startedByOthers || withProcess { try check("MPI_Finalize", MPI_Finalize()) }
  }
}

/// Why MPI could not be started.
package enum MPIStartError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The MPI library that was loaded isn't of the series that the program was compiled against.
  case otherVersion(compiled: MPIVersion, loaded: String)
  /// MPI had been started and ended already: it can't start twice in one process.
  case ended
  /// The launcher says that it started several ranks, the library knows of one only.
  case launcherUnknown(launched: Int)
  /// The process was forked by a rank, and isn't one.
  case forked(parent: Int)
  /// The same under Slurm's srun.
  case stepUnknown(tasks: Int)

  package var description: String {
    switch self {
    case .otherVersion(let compiled, let loaded):
      """
      this program was compiled against Open MPI \(compiled), but the MPI library loaded at run time is \(loaded). \
      Build with ./mpi-run.sh, which sets the library's path, or pass -Xlinker -rpath=DIR with the folder of the \
      libmpi.so that belongs to your mpicc.
      """
    case .ended:
      "MPI has been ended in this process already, and MPI can't start twice."
    case .forked(let parent):
      """
      this process was forked by process \(parent), which is the rank that the launcher started; only that one can make calls. \
      Make them there, or start another program in the forked process (exec) without the launcher's variables
      """
    case .stepUnknown(let tasks):
      """
      srun started \(tasks) tasks, but each of them believes that it is rank 0 of 1: the MPI library has not found the others. \
      Start them with srun --mpi=pmix (srun --mpi=list says what this Slurm has), or with mpirun inside the job.
      """
    case .launcherUnknown(let launched):
      """
      the launcher started \(launched) ranks, but this process's MPI library knows of one only: mpirun and the library \
      belong to different MPIs. Use the mpirun that stands beside the mpicc you built with.
      """
    }
  }
}

/// A version of Open MPI.
package struct MPIVersion: Sendable, Equatable, CustomStringConvertible {
  package let major: Int
  package let minor: Int
  package let release: Int

  package init(major: Int, minor: Int, release: Int) {
    self.major = major
    self.minor = minor
    self.release = release
  }

  /// That of the headers.
  package static var compiled: MPIVersion {
    MPIVersion(
      major: Int(seppo_compiled_major()), minor: Int(seppo_compiled_minor()), release: Int(seppo_compiled_release()))
  }

  package var description: String { "\(major).\(minor).\(release)" }

  /// Open MPI keeps its binary interface within a major version, so only that must agree.
  package func check(loaded: Loaded) throws(MPIStartError) {
    guard let version = loaded.version, version.major == major else {
      throw .otherVersion(compiled: self, loaded: loaded.summary)
    }
  }

  /// What the loaded library says of itself, `MPI_Get_library_version`, as "Open MPI v4.1.4, package: …".
  package struct Loaded: Sendable {
    package let text: String

    package init(text: String) { self.text = text }

    package static var loaded: Loaded {
      let text = readText(capacity: seppo_max_library_version_string()) { MPI_Get_library_version($0, $1) }
      return Loaded(text: text ?? "an unknown library")
    }

    var summary: String { String(text.prefix { $0 != "," && $0 != "\n" }) }

    var version: MPIVersion? {
      guard summary.hasPrefix("Open MPI v") else { return nil }
      let numbers = summary.dropFirst("Open MPI v".count).split(whereSeparator: { !$0.isNumber }).compactMap { Int($0) }
      guard numbers.count >= 2 else { return nil }
      return MPIVersion(major: numbers[0], minor: numbers[1], release: numbers.count > 2 ? numbers[2] : 0)
    }
  }
}
