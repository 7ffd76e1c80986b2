import SeppoProcess

/// `map`, distributed over the ranks that `mpirun` started.
///
/// ```swift
/// import SeppoMPI
///
/// let squares = try (1...10_000).mapParallel { $0 * $0 }
/// try Seppo.atRoot { print(squares.reduce(0, +)) }
/// ```
///
/// Every rank runs the same lines in the same order. There is no separate code for a master or for workers. The first
/// call starts MPI; MPI ends with the program. Without a launcher there is one rank, and MPI is not started.
public enum Seppo {
  /// The rank of this process: 0 to `size` − 1. Without a launcher, 0.
  public static var rank: Int { Job.current.rank }

  /// The number of ranks, which are the processes that `mpirun` started. Without a launcher, 1.
  public static var size: Int { Job.current.size }

  /// Whether this is rank 0, which distributes the items and collects the results.
  public static var isRoot: Bool { rank == 0 }

  /// The number of this rank among the ranks of its host: 0 to `localSize` − 1, in the order of the ranks. Without a
  /// launcher, 0.
  ///
  /// ```swift
  /// selectGPU(Seppo.localRank % gpuCount)
  /// ```
  public static var localRank: Int { Job.current.members.localRank }

  /// The number of ranks on this rank's host. Without a launcher, 1.
  public static var localSize: Int { Job.current.members.here }

  /// The name of the host on which this rank runs, as returned by `gethostname`.
  public static let hostName = HostName.own
}
