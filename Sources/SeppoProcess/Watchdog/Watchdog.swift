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
  /// - Parameter errors: the file descriptor to which the watchdog writes.
  package init(host: String, shell: String = "/bin/sh", errors: Int32 = 2) {
    ownsPage = false
    #if os(Linux)
      if let (page, lifeline) = Watchdog.start(host: host, shell: shell, errors: errors) {
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
      let end = forked.load(ordering: .relaxed)
      if end >= 0 { close(end) }
    }

    private static func start(host: String, shell: String, errors: Int32) -> (SharedPage, Int32)? {
      guard let file = openFile() else { return nil }
      defer { close(file) }
      let memory = mmap(nil, SharedPage.size, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0)
      guard let memory, memory != MAP_FAILED else { return nil }
      let page = SharedPage(memory)
      page.words.pointee.rank.store(Launcher.rank ?? 0, ordering: .relaxed)
      page.words.pointee.kills.store(OutOfMemoryKills.count ?? .max, ordering: .relaxed)
      page.words.pointee.ahead.store(nanoseconds(of: CLOCK_BOOTTIME) - monotonicNanoseconds(), ordering: .relaxed)
      guard let (read, write) = openPipe() else { return nil }
      defer { close(read) }
      guard spawn(shell, host: host, pipe: read, file: file, errors: errors) else {
        close(write)
        munmap(memory, SharedPage.size)
        return nil
      }
      return (page, write)
    }

    /// The lowest descriptor to use here. The watchdog uses those below.
    private static let firstFree: Int32 = 10

    /// Opens a pipe that other programs don't inherit.
    private static func openPipe() -> (read: Int32, write: Int32)? {
      var ends: [Int32] = [-1, -1]
      guard pipe(&ends) == 0 else { return nil }
      let read = fcntl(ends[0], F_DUPFD_CLOEXEC, firstFree)
      let write = fcntl(ends[1], F_DUPFD_CLOEXEC, firstFree)
      for end in ends { close(end) }
      if read >= 0, write >= 0 { return (read, write) }
      close(read)
      close(write)
      return nil
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
        let copy = posix_fallocate(file, 0, SharedPage.size) == 0 ? fcntl(file, F_DUPFD_CLOEXEC, firstFree) : -1
        close(file)
        if copy >= 0 { return copy }
      }
      return nil
    }

    /// Starts a shell that starts the watchdog and ends at once. So the watchdog is not a child of this process, and code that
    /// waits for child processes doesn't find it.
    private static func spawn(_ path: String, host: String, pipe: Int32, file: Int32, errors: Int32) -> Bool {
      var actions = posix_spawn_file_actions_t()
      posix_spawn_file_actions_init(&actions)
      defer { posix_spawn_file_actions_destroy(&actions) }
      posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
      posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0)
      if errors != 2 { posix_spawn_file_actions_adddup2(&actions, errors, 2) }
      posix_spawn_file_actions_adddup2(&actions, pipe, 3)
      posix_spawn_file_actions_adddup2(&actions, file, 4)
      // The watchdog must not keep the program's files open.
      for open in SystemFile.numbers(in: "/proc/self/fd") ?? [] where open > 4 && open != pipe && open != file {
        posix_spawn_file_actions_addclose(&actions, open)
      }
      var attributes = posix_spawnattr_t()
      posix_spawnattr_init(&attributes)
      defer { posix_spawnattr_destroy(&attributes) }
      var blocked = sigset_t()
      sigemptyset(&blocked)
      for signal in blockedSignals { sigaddset(&blocked, signal) }
      posix_spawnattr_setsigmask(&attributes, &blocked)
      var usual = sigset_t()
      sigemptyset(&usual)
      for signal in [SIGTERM, SIGCHLD, SIGPIPE] { sigaddset(&usual, signal) }
      posix_spawnattr_setsigdefault(&attributes, &usual)
      posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))
      let folders = getenv("PATH").map { ":" + String(cString: $0) } ?? ""
      var shell = pid_t()
      // Pass a separate environment, without LD_PRELOAD and the like, which are meant for the program. The script is in a
      // variable so that it doesn't appear in process lists.
      let variables = ["PATH=/usr/bin:/bin\(folders)", "LC_ALL=C", "SEPPO_SENTINEL=\(WatchdogScript.text)"]
      let status = withCStrings(["sh", "-c", "eval \"$SEPPO_SENTINEL\"", "seppo-sentinel", host]) { arguments in
        withCStrings(variables) { environment in
          posix_spawn(&shell, path, &actions, &attributes, arguments, environment)
        }
      }
      guard status == 0 else { return false }
      while waitpid(shell, nil, 0) < 0, errno == EINTR {}
      return true
    }

    /// Signals that the process group may get and that don't end the rank.
    private static let blockedSignals = [
      SIGHUP, SIGINT, SIGQUIT, SIGUSR1, SIGUSR2, SIGALRM, SIGVTALRM, SIGPROF, SIGXCPU, SIGXFSZ,
      SIGTSTP, SIGTTIN, SIGTTOU,
    ]

    private static func withCStrings<Value>(
      _ strings: [String], _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) -> Value
    ) -> Value {
      var pointers = strings.map { strdup($0) } + [nil]
      defer { for pointer in pointers { free(pointer) } }
      return body(&pointers)
    }
  #endif
}
