internal import CMPI

/// MPI in this process, started by Seppo or by another library. The one that started MPI ends it.
package struct MPIEnvironment: Sendable {
  /// Whether another library had started MPI before. Then that library ends it.
  package let startedByOthers: Bool
  /// Whether any thread may make MPI calls, one at a time (`MPI_THREAD_SERIALIZED` or more). If false, only the thread
  /// that started MPI may.
  package let isSerialized: Bool

  /// Whether MPI runs in this process (`MPI_Initialized`), started by any library.
  package static var isStarted: Bool {
    var flag: Int32 = 0
    return MPI_Initialized(&flag) == seppo_success() && flag != 0
  }

  /// Starts MPI (`MPI_Init_thread`), unless another library has started it.
  ///
  /// - Throws: `MPIStartError` if the loaded MPI library does not match the headers, or if MPI has already been
  ///   finalized; `MPIError` if an MPI call fails.
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

  /// Whether MPI has been finalized (`MPI_Finalized`), so that no more MPI calls are allowed.
  package var hasEnded: Bool {
    var flag: Int32 = 0
    return MPI_Finalized(&flag) != seppo_success() || flag != 0
  }

  /// Ends MPI (`MPI_Finalize`) if Seppo started it.
  ///
  /// - Parameter withProcess: whether the process is about to exit. Then MPI is ended even if another library started
  ///   it, because that library will not get to do it.
  package func end(withProcess: Bool = false) throws {
    if !startedByOthers || withProcess { try check("MPI_Finalize", MPI_Finalize()) }
  }
}

/// The reason why MPI could not be started.
package enum MPIStartError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The loaded MPI library has another major version than the headers used at compile time.
  case otherVersion(compiled: MPIVersion, loaded: String)
  /// MPI has already been finalized; it can't be started twice in one process.
  case ended
  /// The launcher started several ranks, but the MPI library sees only one.
  case launcherMismatch(launched: Int)
  /// The same under Slurm's srun.
  case slurmStepMismatch(tasks: Int)

  package var description: String {
    switch self {
    case .otherVersion(let compiled, let loaded):
      """
      this program was compiled against Open MPI \(compiled), but the MPI library loaded at run time is \(loaded). \
      Build with ./mpi-run.sh, which sets the library path, or pass -Xlinker -rpath=DIR, where DIR is the folder with \
      the libmpi.so of your mpicc.
      """
    case .ended:
      "MPI has already been finalized in this process, and MPI can't be started twice: call Seppo before MPI_Finalize."
    case .slurmStepMismatch(let tasks):
      """
      srun started \(tasks) tasks, but each of them is rank 0 of 1: its MPI library did not find the others. \
      Start them with srun --mpi=pmix (srun --mpi=list prints what this Slurm supports), or with mpirun inside the job.
      """
    case .launcherMismatch(let launched):
      """
      the launcher started \(launched) ranks, but this process's MPI library sees only one: mpirun and the library \
      belong to different MPI installations. Use the mpirun from the same folder as the mpicc you built with.
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

  /// The version of the headers used at compile time.
  package static var compiled: MPIVersion {
    MPIVersion(
      major: Int(seppo_compiled_major()), minor: Int(seppo_compiled_minor()), release: Int(seppo_compiled_release()))
  }

  package var description: String { "\(major).\(minor).\(release)" }

  /// Checks the major version only: Open MPI keeps its ABI within a major version.
  package func check(loaded: Loaded) throws(MPIStartError) {
    guard let version = loaded.version, version.major == major else {
      throw .otherVersion(compiled: self, loaded: loaded.summary)
    }
  }

  /// The version text of the loaded library, from `MPI_Get_library_version`: "Open MPI v4.1.4, package: …".
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
