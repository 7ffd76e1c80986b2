import Synchronization

/// A small process beside this rank that outlives it and reports how it ended, because a killed process can't do so itself and
/// MPI doesn't.
///
/// It is a shell that reads from a pipe whose other end only the rank has open. So it wakes up when the rank is gone, for any
/// reason. Then it reads the shared page.
///
/// It stays in the rank's process group. A launcher that ends ranks because another one has died ends whole groups, including
/// the watchdog, which then reports nothing. A signal to the rank alone leaves the watchdog alive.
package final class Watchdog: Sendable {
  package let page: SharedPage
  /// The rank's end of the pipe; negative if there is no watchdog.
  private let lifeline: Atomic<Int32>
  /// Whether the page is used by this object only, and is freed with it.
  private let ownsPage: Bool

  /// Starts a watchdog. If that isn't possible, the rank continues without one.
  ///
  /// - Parameters:
  ///   - errors: the file descriptor to which the watchdog writes.
  ///   - timeline: the page of the job's timeline, in which it notes the rank's death; nil for none.
  package init(host: String, shell: String = "/bin/sh", errors: Int32 = 2, timeline: String? = nil) {
    ownsPage = false
    #if os(Linux)
      if let (page, lifeline) = Watchdog.start(host: host, shell: shell, errors: errors, timeline: timeline) {
        self.page = page
        self.lifeline = Atomic(lifeline)
        Watchdog.forked.store(lifeline, ordering: .relaxed)
        // A process that the rank forks would keep the pipe open. (One that calls exec doesn't.)
        pthread_atfork(nil, nil) { Watchdog.closeInFork() }
        return
      }
    #endif
    page = .unshared()
    lifeline = Atomic(-1)
  }

  /// Creates only the page, without a watchdog, for a rank that is one of several threads in this process.
  package init() {
    page = .unshared()
    lifeline = Atomic(-1)
    ownsPage = true
  }

  deinit {
    closePipe()
    if ownsPage { page.deallocate() }
  }

  /// Starts watching, once MPI has started. (If MPI can't start, it reports that itself.)
  package func begin(rank: Int) {
    page.words.pointee.rank.store(rank, ordering: .relaxed)
    page.words.pointee.state.store(SharedPage.State.running.rawValue, ordering: .releasing)
    RankProcess.begin()
    // Before `Crash` replaces the handlers that this checks.
    RankActivity.start(page)
    Crash.watch(page)
    AbortDelay.set()
  }

  /// Ends the watchdog, because the rank's end needs no report from now on.
  package func dismiss() {
    // A forked process shares the page.
    if RankProcess.isFork { return }
    page.words.pointee.state.store(SharedPage.State.done.rawValue, ordering: .releasing)
    AbortDelay.clear()
    closePipe()
  }

  private func closePipe() {
    let end = lifeline.exchange(-1, ordering: .acquiringAndReleasing)
    guard end >= 0 else { return }
    Watchdog.forked.store(-1, ordering: .relaxed)
    close(end)
  }

  /// The rank's end of the pipe, to be closed in a forked process.
  private static let forked = Atomic<Int32>(-1)

  #if os(Linux)
    private static func closeInFork() {
      // Once: in what the fork itself forks, the number may be that of another file.
      let end = forked.exchange(-1, ordering: .relaxed)
      if end >= 0 { close(end) }
    }

    private static func start(
      host: String, shell: String, errors: Int32, timeline: String?
    ) -> (SharedPage, Int32)? {
      guard let file = openFile() else { return nil }
      defer { close(file) }
      let memory = mmap(nil, SharedPage.size, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0)
      guard let memory, memory != MAP_FAILED else { return nil }
      let page = SharedPage(memory)
      page.words.pointee.rank.store(Launcher.rank ?? 0, ordering: .relaxed)
      page.words.pointee.kills.store(OutOfMemoryKills.count ?? .max, ordering: .relaxed)
      page.words.pointee.ahead.store(nanoseconds(of: CLOCK_BOOTTIME) - monotonicNanoseconds(), ordering: .relaxed)
      guard let (read, write) = DetachedShell.openPipe() else { return nil }
      defer { close(read) }
      // Hydra kills the groups of all ranks if such a connection is closed, and so would kill the dead rank's watchdog, too. With
      // a copy of it in the watchdog, Hydra notices a death by SIGCHLD, and then only kills the other ranks.
      let connections = [HydraConnection.copy(from: DetachedShell.firstFree)].compactMap { $0 }
      defer { for connection in connections { close(connection) } }
      let isStarted = DetachedShell.start(
        WatchdogScript.text, as: ["seppo-sentinel", host, timeline ?? ""],
        files: [read, file] + connections, errors: errors, shell: shell)
      guard isStarted else {
        close(write)
        munmap(memory, SharedPage.size)
        return nil
      }
      return (page, write)
    }

    private static func nanoseconds(of clock: clockid_t) -> Int {
      var time = timespec()
      clock_gettime(clock, &time)
      return time.tv_sec * 1_000_000_000 + time.tv_nsec
    }

    /// Opens an unlinked file for the shared page, which is freed when no process uses it any more.
    private static func openFile() -> Int32? {
      for folder in ["/dev/shm", "/tmp"] {
        var path = Array("\(folder)/seppo-XXXXXX".utf8CString)
        let file = mkstemp(&path)
        guard file >= 0 else { continue }
        unlink(path)
        // Allocate all of it now. If the space ran out later, writing would end the rank.
        let copy =
          posix_fallocate(file, 0, SharedPage.size) == 0 ? fcntl(file, F_DUPFD_CLOEXEC, DetachedShell.firstFree) : -1
        close(file)
        if copy >= 0 { return copy }
      }
      return nil
    }
  #endif
}
