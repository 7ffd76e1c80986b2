/// What the launcher says in the environment, where MPI may not know of it.
enum Launcher {
  /// How many ranks Open MPI's or MPICH's launcher started.
  static var ranks: Int? { number("OMPI_COMM_WORLD_SIZE") ?? number("PMI_SIZE") }

  /// The rank that it gave to this process.
  static var rank: Int? { number("OMPI_COMM_WORLD_RANK") ?? number("PMI_RANK") ?? number("PMIX_RANK") }

  /// How many ranks Open MPI's launcher started on this machine.
  static var localRanks: Int? { number("OMPI_COMM_WORLD_LOCAL_SIZE") }

  private static func number(_ name: String) -> Int? {
    getenv(name).flatMap { Int(String(cString: $0)) }
  }
}
