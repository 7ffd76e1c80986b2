import SeppoProcess

/// `map`, spread over the ranks that `mpirun` started.
///
/// ```swift
/// import SeppoMPI
///
/// let squares = try (1...10_000).mapParallel { $0 * $0 }
/// try Seppo.atRoot { print(squares.reduce(0, +)) }
/// ```
///
/// Every rank runs the same lines in the same order. There is no code for a master, and none for workers. The first call
/// starts MPI, and MPI ends with the program. Without a launcher there is one rank, and MPI isn't started.
public enum Seppo {
  /// The number of this process among those that `mpirun` started: 0 to `size` − 1. Without `mpirun`, 0.
  public static var rank: Int { Job.current.rank }

  /// The number of processes that `mpirun` started. Without `mpirun`, 1.
  public static var size: Int { Job.current.size }

  /// Whether this is rank 0, which scatters and gathers.
  public static var isRoot: Bool { rank == 0 }

  /// The name of the machine that this rank runs on, as returned by `gethostname`.
  public static let hostName = HostName.own
}
