import SeppoProcess
import Synchronization

/// The process-wide parts of a job. If several ranks are threads of one process, they neither watch nor end the
/// process.
final class JobProcess: Sendable {
  /// Reports how this process ended if the process itself can't.
  let watchdog: Watchdog
  let endRequest: EndRequest
  let report: Report
  let peers: Peers
  let binding = Mutex(Binding())
  let threadsPerItem: ThreadsPerItem
  /// How a rank that is a thread ends its job; nil if the rank is a process.
  let threadEnd: ThreadEnd?
  /// Whether the process was started without a launcher, and is the only rank.
  let isLone: Bool
  /// What this rank is doing, in memory that the watchdog can read.
  let page: SharedPage
  var isRank: Bool { threadEnd == nil }
  /// Whether the calling thread may use the transport.
  let allowsThisThread: @Sendable () -> Bool
  /// Whether any thread may use the transport, one at a time.
  let allowsAnyThread: Bool
  /// Whether other code has ended MPI.
  let transportHasEnded: @Sendable () -> Bool
  /// Ends the layer below the transport, such as MPI. The parameter says whether the process ends with it.
  let endTransport: @Sendable (Bool) throws -> Void

  init(
    watchdog: Watchdog, endRequest: EndRequest, report: Report, peers: Peers, threadEnd: ThreadEnd? = nil,
    isLone: Bool = false, page: SharedPage? = nil, threadsPerItem: ThreadsPerItem = .none,
    allowsThisThread: @escaping @Sendable () -> Bool = { true }, allowsAnyThread: Bool = true,
    transportHasEnded: @escaping @Sendable () -> Bool = { false },
    endTransport: @escaping @Sendable (Bool) throws -> Void = { _ in }
  ) {
    self.watchdog = watchdog
    self.endRequest = endRequest
    self.report = report
    self.peers = peers
    self.threadEnd = threadEnd
    self.threadsPerItem = threadsPerItem
    self.isLone = isLone
    self.page = page ?? watchdog.page
    self.allowsThisThread = allowsThisThread
    self.allowsAnyThread = allowsAnyThread
    self.transportHasEnded = transportHasEnded
    self.endTransport = endTransport
  }

  /// Returns the process of a rank that is a thread: it is neither watched nor ended by signals.
  static func thread(rank: Int, host: String, settings: Settings, end: ThreadEnd) -> JobProcess {
    let watchdog = Watchdog()
    let report = Report(path: nil, isRoot: rank == 0)
    return JobProcess(
      watchdog: watchdog,
      endRequest: EndRequest(rank: rank, host: host, grace: settings.grace, watchdog: watchdog, report: report),
      report: report, peers: Peers([]), threadEnd: end)
  }

  /// For another job in a process without a launcher. It shares everything that is process-wide.
  convenience init(beside first: JobProcess) {
    self.init(
      watchdog: first.watchdog, endRequest: first.endRequest, report: first.report, peers: first.peers, isLone: true,
      page: .unshared(), threadsPerItem: first.threadsPerItem)
  }

  /// The items that this rank's compute threads are working on.
  var slots: InFlightSlots { page.slots }
}
