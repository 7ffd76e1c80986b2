/// The environment of a program that an item starts.
package enum ProgramEnvironment {
  /// What launchers set for a rank, and Seppo for its own ranks, begins with these. With it, an MPI program would take itself for
  /// a rank of this job.
  private static let prefixes = [
    "OMPI_", "PMIX_", "PRTE_", "PMI_", "PMI2_", "ORTE_", "PALS_", "ALPS_APP_", "FLUX_TASK_", "MPI_LOCAL",
    "MV2_COMM_WORLD_", "HYDRA_", "HYDI_",
    "SEPPO_", "SLURM_STEP_", "SLURM_SRUN_COMM_", "SLURM_LAUNCH_", "\(ProgramMark.name)=",
  ]

  /// Slurm's variables that describe the rank, not the job.
  private static let names: Set<String> = [
    "SLURM_PROCID", "SLURM_LOCALID", "SLURM_NODEID", "SLURM_STEPID", "SLURM_TASK_PID", "SLURM_GTIDS",
    "SLURM_TOPOLOGY_ADDR", "SLURM_TOPOLOGY_ADDR_PATTERN", "SLURM_CPU_BIND", "SLURM_CPU_BIND_LIST",
    "SLURM_CPU_BIND_TYPE",
    "SLURM_CPU_BIND_VERBOSE", "SLURM_DISTRIBUTION", "SLURM_MPI_TYPE", "SLURM_PMIXP_ABORT_AGENT_PORT",
    "SLURM_PMIX_MAPPING_SERV",
  ]

  /// Users set these, not launchers: the permission to run as root, the choice of networks and algorithms, and compilers.
  private static let kept = [
    "OMPI_ALLOW_RUN_AS_ROOT", "OMPI_MCA_btl", "OMPI_MCA_pml", "OMPI_MCA_mtl", "OMPI_MCA_coll", "OMPI_MCA_osc",
    "OMPI_MCA_io", "OMPI_MCA_plm_rsh_agent", "PRTE_MCA_plm_ssh_agent", "PRTE_ALLOW_RUN_AS_ROOT", "OMPI_CC=",
    "OMPI_CXX=", "OMPI_FC=",
  ]

  /// Returns the variables of a program.
  ///
  /// - Parameters:
  ///   - variables: those of this process, as `NAME=value`.
  ///   - changes: further variables, or nil to remove one.
  package static func make(from variables: [String], changes: [String: String?]) -> [String] {
    let inherited = variables.filter { variable in
      let name = variable.prefix { $0 != "=" }
      if changes[String(name)] != nil { return false }
      if kept.contains(where: { variable.hasPrefix($0) }) { return true }
      return !names.contains(String(name)) && !prefixes.contains { variable.hasPrefix($0) }
    }
    return inherited + changes.compactMap { name, value in value.map { "\(name)=\($0)" } }.sorted()
  }

  /// The variables of this process.
  package static var own: [String] {
    var variables: [String] = []
    var variable = environ
    while let text = variable.pointee {
      variables.append(String(cString: text))
      variable += 1
    }
    return variables
  }
}
