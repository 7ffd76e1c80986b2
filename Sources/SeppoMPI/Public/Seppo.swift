import SeppoProcess

#if canImport(Glibc)
  @_exported import Glibc
#elseif canImport(Musl)
  @_exported import Musl
#else
  @_exported import Darwin
#endif

/// `map`, spread over the ranks that `mpirun` started.
///
/// ```swift
/// import SeppoMPI
///
/// @main
/// struct Squares {
///   static func main() {
///     Seppo.run {
///       let squares = try (1...10_000).mapParallel { $0 * $0 }
///       try Seppo.atRoot { print(squares.reduce(0, +)) }
///     }
///   }
/// }
/// ```
///
/// Every rank runs the same lines in the same order; there is no master's code and no worker's code. The operating
/// system's names (`getpid`, `usleep`) come along with this import.
public enum Seppo {
  /// This process's number among those that `mpirun` started: 0 to `size` − 1. Without `mpirun`, 0.
  ///
  /// Asked before ``run(_:fileID:line:column:)``, it starts MPI.
  public static var rank: Int { Job.current.rank }

  /// How many processes `mpirun` started. Without `mpirun`, 1.
  public static var size: Int { Job.current.size }

  /// Whether this is rank 0, which scatters and gathers.
  public static var isRoot: Bool { rank == 0 }

  /// The name of the machine that this rank runs on, as `gethostname` gives it.
  public static let hostName = HostName.own
}
