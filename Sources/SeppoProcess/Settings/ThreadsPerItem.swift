import SeppoSystem

/// The number of threads that libraries inside an item may use, such as OpenMP's and those of linear algebra. By default each
/// rank would start a thread for each core of the machine.
package struct ThreadsPerItem: Sendable {
  /// The variables that neither the user nor a launcher has set.
  private let unset: [String]
  /// `SEPPO_THREADS_PER_ITEM`.
  private let chosen: Int?
  /// The number of cores that this rank may use.
  private let own: Int
  /// The number of cores that all ranks of the host may use.
  private let all: Int
  /// The number of ranks on this host.
  private let ranks: Int

  /// For a rank that is a thread: libraries are not told anything.
  package static let none = ThreadsPerItem(unset: [], chosen: nil, cores: (1, 1), ranks: 1)

  package init(unset: [String], chosen: Int?, cores: (own: Int, all: Int), ranks: Int) {
    self.unset = unset
    self.chosen = chosen
    own = cores.own
    all = cores.all
    self.ranks = ranks
  }

  /// - Parameters:
  ///   - settings: of this process.
  ///   - ranks: the number of ranks on this host.
  package init(_ settings: Settings, ranks: Int) {
    let own = Binding.cores(ofProcess: "self") ?? Int(sysconf(Int32(_SC_NPROCESSORS_ONLN)))
    // The launcher may use more cores if it has bound the rank to some of them, perhaps together with other ranks.
    let launcher = Binding.cores(ofProcess: "\(getppid())") ?? own
    // mpi-run.sh has set these to a default.
    let byScript = (Settings.text("SEPPO_LIBRARY_VARIABLES") ?? "").split(separator: " ").map(String.init)
    self.init(
      unset: LibraryThreads.variables.filter { Settings.text($0) == nil || byScript.contains($0) },
      chosen: settings.threadsPerItem, cores: (own, max(own, launcher)), ranks: ranks)
  }

  /// The threads of one item.
  ///
  /// - Parameter threads: the number of items at the same time, in this rank.
  package func count(threads: Int) -> Int {
    chosen ?? max(1, min(own, all / max(1, ranks)) / max(1, threads))
  }

  /// Returns the variables for a program that an item starts.
  package func variables(threads: Int) -> [String: String?] {
    Dictionary(uniqueKeysWithValues: unset.map { ($0, "\(count(threads: threads))") })
  }

  /// Sets the variables of this process. Libraries that read them when they are loaded have read them already: for these, the launcher
  /// must set them, as mpi-run.sh does.
  package func apply(threads: Int, _ log: Log) {
    let count = count(threads: threads)
    // A single rank may use all cores, which is what libraries do by themselves.
    if chosen == nil, ranks * threads == 1 { return }
    for name in unset { setenv(name, "\(count)", 1) }
    if !unset.isEmpty { log.debug("libraries in items may use \(count) threads: set \(unset.joined(separator: ", "))") }
  }
}
