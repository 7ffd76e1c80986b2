import SeppoProcess
import SeppoTransport

/// The job of this process.
extension Job {
  /// The process's own job. It starts at the first access.
  static let shared: Job = {
    do {
      return try start()
    } catch {
      let isBadSetting = error is BadSetting
      // The setting may be wrong on this rank only. If it is wrong on rank 0 too, rank 0 ends the job during this
      // pause.
      if isBadSetting, Launcher.rank ?? 0 != 0 { usleep(4_000_000) }
      let isOfThisProcess = isBadSetting || error is ForkedProcess || error is ProgramOfItem
      Console.writeError(isBadSetting ? "\(error)" : "MPI could not be started: \(error)", onlyAtRoot: !isOfThisProcess)
      if !MPIEnvironment.isStarted { HydraConnection.endJob(status: 1) }
      exit(1)
    }
  }()

  private static func start() throws -> Job {
    if Launcher.isPresent {
      if let parent = RankProcess.startedBy { throw ProgramOfItem(parent: parent) }
      RankProcess.markDescendants()
    }
    let settings = try Settings(largestSplit: Communicator.largestSplit)
    if Launcher.isLostInStep, let claim = Launcher.claim { throw LostRank(claim: claim) }
    if Launcher.isPresent, let parent = RankProcess.forkedFrom { throw ForkedProcess(parent: parent) }
    let watchdog = Watchdog(host: HostName.own, timeline: settings.observation.timelinePage)
    return Launcher.isPresent || MPIEnvironment.isStarted
      ? try startMPI(settings, watchdog) : try startLone(settings, watchdog)
  }

  /// Starts as a rank of a launcher's job, or with the MPI that another library has started.
  private static func startMPI(_ settings: Settings, _ watchdog: Watchdog) throws -> Job {
    let start = StartWatch(host: HostName.own, interval: settings.heartbeatTimeout)
    defer { start.end() }
    var copiesTwice = false
    if !MPIEnvironment.isStarted {
      StopSignal.willStartMPI()
      copiesTwice = Launcher.isPresent && UserNamespace.prepareMPI()
    }
    let environment = try MPIEnvironment.start()
    let communicator = try Communicator(splitSize: settings.splitBytes ?? Communicator.largestSplit)
    let hosts = try communicator.allGather(HostName.own, capacity: 64)
    let peers = Peers(try communicator.allGather(Peers.own, capacity: Peers.maximumLength))
    if communicator.size == 1, let claim = Launcher.claim, claim.hasOthers { throw LostRank(claim: claim) }
    let job = try make(communicator, hosts: hosts, settings, watchdog) { request, report in
      JobProcess(
        watchdog: watchdog, endRequest: request, report: report, peers: peers,
        threadsPerItem: ThreadsPerItem(settings, ranks: hosts.count { $0 == HostName.own }),
        allowsThisThread: { environment.allowsThisThread }, allowsAnyThread: environment.isSerialized,
        transportHasEnded: { environment.hasEnded },
        endTransport: { try environment.end(withProcess: $0) })
    }
    if communicator.size > 1 { Console.flushEveryLine() }
    if copiesTwice, communicator.rank == 0, Set(hosts).count < hosts.count {
      Console.write(
        """
        Seppo: the ranks are in user namespaces of their own, as in containers: MPI copies large messages twice. \
        Ranks in one container of a host don't
        """)
    }
    job.watch()
    return job
  }

  /// Starts as the only rank of a process without a launcher. MPI is not needed.
  private static func startLone(_ settings: Settings, _ watchdog: Watchdog) throws -> Job {
    let job = try make(LoneTransport(), hosts: [HostName.own], settings, watchdog) { request, report in
      JobProcess(
        watchdog: watchdog, endRequest: request, report: report, peers: Peers([]), isLone: true,
        threadsPerItem: ThreadsPerItem(settings, ranks: 1))
    }
    job.watch()
    return job
  }

  /// Creates the job of this process's rank.
  private static func make(
    _ transport: any Transport, hosts: [String], _ settings: Settings, _ watchdog: Watchdog,
    _ process: (EndRequest, Report) -> JobProcess
  ) throws -> Job {
    let (rank, host) = (transport.rank, HostName.own)
    let report = Report(path: settings.report, isRoot: rank == 0)
    let request = EndRequest(rank: rank, host: host, grace: settings.grace, watchdog: watchdog, report: report)
    let ownProcess = process(request, report)
    return try Job(
      transport, hosts: hosts, settings: settings, log: Log(settings, rank: rank, host: host), process: ownProcess,
      observer: rank == 0
        ? JobObserver(settings.observation, hosts: hosts, peers: ownProcess.peers, page: ownProcess.page) : nil)
  }

  /// Starts to watch this process, so that its end is reported, whatever the cause.
  private func watch() {
    process.watchdog.begin(rank: rank)
    endRequest.watch()
    if isRoot { report.begin() }
    Job.watchExit()
    if let threads = settings.threads { checkBinding(threads: threads) }
    process.threadsPerItem.apply(threads: max(1, settings.threads ?? 1), log)
  }

  /// Warns, on rank 0, if its compute threads share fewer cores because of how the job was launched.
  func checkBinding(threads: Int) {
    guard process.isRank, threads > 1, isRoot, size > 1 || Launcher.ranks != nil else { return }
    process.binding.withLock { $0.check(threads: threads, rank: rank, host: host) }
  }
}

/// The launcher has started other ranks, but the MPI library of this process finds none: each would compute everything.
private struct LostRank: Error, CustomStringConvertible {
  let claim: LauncherClaim

  var description: String {
    """
    \(claim.launcher) started this process as \(claim.place), but its MPI library, \(MPILibrary.loaded), finds no other rank: \
    nothing is computed. \(claim.advice)
    """
  }
}

/// The process was forked by a rank before that one's first call, and isn't a rank.
private struct ForkedProcess: Error, CustomStringConvertible {
  let parent: pid_t

  var description: String {
    """
    this process was forked by process \(parent), which is rank \(Launcher.rank ?? 0); only that one can make calls. Make them \
    there, or start another program in the forked process (exec) without the launcher's variables
    """
  }
}

/// The process is a program that a rank's item has started with the launcher's variables. MPI would take it for that rank.
private struct ProgramOfItem: Error, CustomStringConvertible {
  let parent: pid_t

  var description: String {
    """
    this program was started by process \(parent), which is rank \(Launcher.rank ?? 0) of its job, with the variables that the \
    launcher had set for that rank. Start it there by Command(…).run(), which removes them.
    """
  }
}
