/// What a plan depends on besides the user's words.
package struct LaunchMachine: Sendable {
  package let cores: Cores
  package let mpi: MPILauncher
  package let isRoot: Bool
  package let batch: BatchJob?
  /// The environment variables.
  package let variables: [String: String]
  /// The size of the terminal on which standard error is shown, as `100x30`; nil if there is none.
  package let terminal: String?

  package init(
    cores: Cores, mpi: MPILauncher, isRoot: Bool, batch: BatchJob?, variables: [String: String], terminal: String?
  ) {
    self.cores = cores
    self.mpi = mpi
    self.isRoot = isRoot
    self.batch = batch
    self.variables = variables
    self.terminal = terminal
  }
}
