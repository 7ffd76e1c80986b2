/// The `mpirun` of an MPI, and how its options are spelled.
package enum MPILauncher: Sendable, Equatable {
  case openMPI(major: Int)
  /// Of MPICH, and of those that descend from it, such as Intel MPI.
  case hydra

  /// Variables by which users choose to which cores ranks are bound.
  static let bindingVariables = [
    "OMPI_MCA_hwloc_base_binding_policy", "PRTE_MCA_hwloc_default_binding_policy", "I_MPI_PIN_DOMAIN", "HYDRA_BINDING",
  ]

  /// - Parameter version: what `mpirun --version` prints.
  package init?(version: String) {
    if let match = version.firstMatch(of: /Open MPI\) v?([0-9]+)/), let major = Int(match.1) {
      self = .openMPI(major: major)
    } else if version.contains("HYDRA") || version.contains("Intel(R) MPI") || version.contains("MVAPICH") {
      self = .hydra
    } else {
      return nil
    }
  }

  var refusesRoot: Bool { self != .hydra }
  /// Whether it counts cores, and must be told that ranks may share them.
  var needsOversubscribe: Bool { self != .hydra }

  /// Returns the signal to send to `mpirun` when this process gets one.
  ///
  /// On TERM, Open MPI's leaves a job at most a second, but it forwards USR1 and USR2. Hydra forwards USR1, and dies of USR2 and HUP.
  package func signal(for name: String) -> String {
    switch (self, name) {
    case (_, "TERM"), (.hydra, "USR2"), (.hydra, "HUP"): "USR1"
    default: name
    }
  }

  /// Returns the words between `mpirun` and the program.
  package func words(for plan: LaunchPlan) -> [String] {
    switch self {
    case .openMPI(let major): openMPI(plan, major)
    case .hydra: hydra(plan)
    }
  }

  private func openMPI(_ plan: LaunchPlan, _ major: Int) -> [String] {
    var words = plan.isRoot ? ["--allow-run-as-root"] : []
    switch plan.hosts {
    case .none, .batch: break
    case .list(let list): words += ["--host", list.text]
    case .file(_, let path): words += ["--hostfile", path]
    }
    if plan.oversubscribes { words.append("--oversubscribe") }
    if let ranks = plan.ranks { words += ["-n", "\(ranks)"] }
    for variable in plan.passed { words += ["-x", variable] }
    // Otherwise mpirun binds each of one or two ranks to one core, with all its compute threads. Not --map-by slot:PE=T: that gives
    // concurrent jobs the same cores, ignores taskset, and Open MPI 5 refuses T cores of two sockets. Without binding, the
    // system distributes the threads.
    if !plan.isBound { words += ["--bind-to", "none"] }
    // Otherwise a signal that asks the ranks to stop also reaches the programs that their items run, and kills them.
    return words + [major < 5 ? "--mca" : "--prtemca", "odls_base_signal_direct_children_only", "1"]
  }

  /// It passes this process's environment to all hosts, and binds no rank unless it is asked to.
  private func hydra(_ plan: LaunchPlan) -> [String] {
    var words: [String] = []
    // It takes each host once, and its files have another form.
    if let hosts = plan.hosts.list?.hosts {
      words += ["-hosts", hosts.map { $0.name + ($0.slots.map { ":\($0)" } ?? "") }.joined(separator: ",")]
    }
    if let ranks = plan.ranks ?? plan.hosts.list?.slots { words += ["-n", "\(ranks)"] }
    for variable in plan.passed {
      if let equals = variable.firstIndex(of: "=") {
        words += ["-genv", String(variable[..<equals]), String(variable[variable.index(after: equals)...])]
      }
    }
    return words
  }
}
