/// The batch job in which this process runs.
package enum BatchJob: Sendable, Equatable {
  case slurm(SlurmJob)
  /// PBS Pro, OpenPBS or Torque.
  case pbs(NodeFileJob)
  case lsf(NodeFileJob)

  /// - Parameters:
  ///   - variable: returns an environment variable; nil or empty if it is unset.
  ///   - read: returns the text of a file, or nil if there is none.
  package init?(variable: (String) -> String?, read: (String) -> String?) {
    func text(_ name: String) -> String? { variable(name).flatMap { $0.isEmpty ? nil : $0 } }
    if let job = SlurmJob(text) {
      self = .slurm(job)
    } else if let number = text("PBS_JOBID"),
      let job = NodeFileJob(number, text("PBS_NODEFILE"), coresPerHost: text("NCPUS").flatMap { Int($0) }, read)
    {
      self = .pbs(job)
    } else if let number = text("LSB_JOBID"),
      let job = NodeFileJob(number, text("LSB_DJOB_HOSTFILE"), coresPerHost: nil, read)
    {
      self = .lsf(job)
    } else {
      return nil
    }
  }
}

/// A job of Slurm. `mpirun` takes its hosts from Slurm itself.
package struct SlurmJob: Sendable, Equatable {
  package let number: String
  package let tasks: Int?
  package let nodes: Int?
  /// `--cpus-per-task`
  package let coresPerTask: Int?
  /// Such as `n[1-3]`.
  package let nodeList: String?
  /// Such as `4(x2),2`.
  package let tasksPerNode: String?

  init?(_ text: (String) -> String?) {
    guard let number = text("SLURM_JOB_ID"), text("SLURM_NTASKS") ?? text("SLURM_NNODES") != nil else { return nil }
    self.number = number
    tasks = text("SLURM_NTASKS").flatMap { Int($0) }
    nodes = text("SLURM_NNODES").flatMap { Int($0) }
    coresPerTask = text("SLURM_CPUS_PER_TASK").flatMap { Int($0) }
    nodeList = text("SLURM_JOB_NODELIST")
    tasksPerNode = text("SLURM_TASKS_PER_NODE")
  }

  /// The number of compute threads in a rank for which Slurm has given cores; nil if it was not asked for any.
  package func threads(perItem: Int) -> Int? { coresPerTask.map { max(1, $0 / perItem) } }

  /// Returns the nodes in the form of a host list, with Slurm's tasks for each.
  ///
  /// - Parameters:
  ///   - names: the nodes' names, as `scontrol show hostnames` prints them.
  ///   - ranks: how many ranks there are, if Slurm's own text can't be read.
  package func hostList(names: [String], ranks: Int?) -> String {
    let known = SlurmJob.counts(tasksPerNode ?? "")
    let share = (ranks ?? 0) / max(1, names.count)
    return names.indices.map { index in
      "\(names[index]):\(max(1, known.count == names.count ? known[index] : share))"
    }.joined(separator: ",")
  }

  /// Expands `4(x2),2` to 4, 4, 2.
  private static func counts(_ text: String) -> [Int] {
    text.split(separator: ",").flatMap { part -> [Int] in
      guard let match = part.wholeMatch(of: /([0-9]+)(?:\(x([0-9]+)\))?/), let count = Int(match.1) else { return [] }
      return Array(repeating: count, count: match.2.flatMap { Int($0) } ?? 1)
    }
  }
}

/// A job of a batch system that lists the hosts in a file, with a line for each rank.
package struct NodeFileJob: Sendable, Equatable {
  package let number: String
  package let path: String
  package let hosts: HostList
  package let ranks: Int
  /// The number of cores of a host, if the batch system tells.
  package let coresPerHost: Int?

  init?(_ number: String, _ path: String?, coresPerHost: Int?, _ read: (String) -> String?) {
    guard let path, let text = read(path) else { return nil }
    let lines = text.split(separator: "\n").filter { $0.contains { !$0.isWhitespace } }
    guard !lines.isEmpty else { return nil }
    self.number = number
    self.path = path
    hosts = HostList(file: text)
    ranks = lines.count
    self.coresPerHost = coresPerHost
  }

  /// The number of compute threads in a rank, if the job has more cores than ranks; nil if it has none to spare. PBS has a line for
  /// each of `mpiprocs`, which is 1 if it is not given, however many `ncpus` there are.
  package func threads(perItem: Int) -> Int? {
    guard let coresPerHost else { return nil }
    let threads = coresPerHost / (hosts.hosts.first?.slots ?? 1) / perItem
    return threads > 1 ? threads : nil
  }
}
