import SeppoProcess
import Synchronization

/// What a job has of the process that it runs in. Where several ranks are threads of one process, nothing of it watches or
/// ends the process.
final class JobProcess: Sendable {
  /// Says how this process ended, where it can't itself.
  let watchdog: Watchdog
  let endRequest: EndRequest
  let report: Report
  let peers: Peers
  let binding = Mutex(Binding())
  /// How a rank that is a thread ends its job; nil where the process is the rank.
  let threadEnd: ThreadEnd?
  /// Whether no launcher started the process, so that its calls are made by this one rank.
  let isLone: Bool
  /// What this rank is doing, where others can look at it.
  let page: SharedPage
  var isRank: Bool { threadEnd == nil }
  /// Whether the calling thread may use the transport.
  let allowsThisThread: @Sendable () -> Bool
  /// Whether the transport has been ended by others.
  let transportHasEnded: @Sendable () -> Bool
  /// Ends what the transport runs on, as MPI; true where the process ends with it.
  let endTransport: @Sendable (Bool) throws -> Void

  init(
    watchdog: Watchdog, endRequest: EndRequest, report: Report, peers: Peers, threadEnd: ThreadEnd? = nil,
    isLone: Bool = false, page: SharedPage? = nil,
    allowsThisThread: @escaping @Sendable () -> Bool = { true },
    transportHasEnded: @escaping @Sendable () -> Bool = { false },
    endTransport: @escaping @Sendable (Bool) throws -> Void = { _ in }
  ) {
    self.watchdog = watchdog
    self.endRequest = endRequest
    self.report = report
    self.peers = peers
    self.threadEnd = threadEnd
    self.isLone = isLone
    self.page = page ?? watchdog.page
    self.allowsThisThread = allowsThisThread
    self.transportHasEnded = transportHasEnded
    self.endTransport = endTransport
  }

  /// Of a rank that is a thread among others of this process: neither watched, nor ended by signals.
  static func thread(rank: Int, host: String, settings: Settings, end: ThreadEnd) -> JobProcess {
    let watchdog = Watchdog()
    let report = Report(path: nil, isRoot: rank == 0)
    return JobProcess(
      watchdog: watchdog,
      endRequest: EndRequest(rank: rank, host: host, grace: settings.grace, watchdog: watchdog, report: report),
      report: report, peers: Peers([]), threadEnd: end)
  }

  /// For another job in a process that no launcher started: what is process-wide is shared.
  convenience init(beside first: JobProcess) {
    self.init(
      watchdog: first.watchdog, endRequest: first.endRequest, report: first.report, peers: first.peers, isLone: true,
      page: .unshared())
  }

  /// The items that this rank's compute threads are working on.
  var slots: InFlightSlots { page.slots }
}
