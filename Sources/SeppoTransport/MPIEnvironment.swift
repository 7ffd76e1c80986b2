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
    try MPIInterface.compiled.check(.loaded)
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
      try check("MPI_Comm_set_errhandler", seppo_return_errors(seppo_comm_world()))
      try check("MPI_Comm_set_errhandler", seppo_return_errors(seppo_comm_self()))
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
