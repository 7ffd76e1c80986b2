/// The reason why MPI could not be started.
package enum MPIStartError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The loaded MPI library has another binary interface than the headers used at compile time.
  case otherLibrary(compiled: MPIInterface, loaded: String)
  /// MPI has already been finalized; it can't be started twice in one process.
  case ended

  package var description: String {
    switch self {
    case .otherLibrary(let compiled, let loaded):
      """
      this program was compiled against \(compiled), but the MPI library loaded at run time is \(loaded). \
      Build with ./mpi-run.sh, which sets the library path, or pass -Xlinker -rpath=DIR, where DIR is the folder with \
      the libmpi.so of your mpicc.
      """
    case .ended:
      "MPI has already been finalized in this process, and MPI can't be started twice: call Seppo before MPI_Finalize."
    }
  }
}
