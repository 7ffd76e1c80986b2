import Synchronization

/// A small process beside this rank that outlives it, and says how it ended where the rank itself couldn't: a process that
/// is killed can't speak, and MPI tells nobody.
///
/// It is a shell that reads from a pipe of which the rank alone has the other end: so it wakes when the rank is gone, however
/// it went. Then it looks at the shared page.
///
/// It stays in the rank's process group. A launcher that ends ranks, because another one died first, ends groups, and the
/// watchdog with them, so that it says nothing; what hits the one process leaves it alive.
package final class Watchdog: Sendable {
  package let page: SharedPage
  /// The rank's end of the pipe; negative where there is no watchdog.
  private let lifeline: Atomic<Int32>
  /// Whether nobody else looks at the page, and there may be many of its kind.
  private let ownsPage: Bool

  /// Where no watchdog can be started, the rank goes on without.
  ///
  /// - Parameter errors: where it writes to.
  package init(host: String, shell: String = "/bin/sh", errors: Int32 = 2) {
    ownsPage = false
    #if os(Linux)
      if let (page, lifeline) = Watchdog.start(host: host, shell: shell, errors: errors) {
        self.page = page
        self.lifeline = Atomic(lifeline)
        Watchdog.forked.store(lifeline, ordering: .relaxed)
        // A process that the rank forks would keep the pipe open. (One that runs another program doesn't.)
        pthread_atfork(nil, nil) { Watchdog.closeInFork() }
        return
      }
    #endif
    page = .alone()
    lifeline = Atomic(-1)
  }

  /// None, for a rank that is a thread among others of this process: only the page.
  package init() {
    page = .alone()
    lifeline = Atomic(-1)
    ownsPage = true
  }

  deinit {
    closePipe()
    if ownsPage { page.deallocate() }
  }

  /// MPI has started. (Where it can't, it says so itself.)
  package func begin(rank: Int) {
    page.words.pointee.rank.store(rank, ordering: .relaxed)
    page.words.pointee.state.store(SharedPage.State.running.rawValue, ordering: .releasing)
    RankProcess.begin()
    // Before others' handlers are replaced.
    RankActivity.start(page)
    Crash.watch(page)
    LostPeers.wait()
  }

  /// From now on the rank's end needs no words.
  package func dismiss() {
    // The page is shared with processes that the rank forks.
    if RankProcess.isFork { return }
    page.words.pointee.state.store(SharedPage.State.done.rawValue, ordering: .releasing)
    LostPeers.dontWait()
    closePipe()
  }

  private func closePipe() {
    let end = lifeline.exchange(-1, ordering: .acquiringAndReleasing)
    guard end >= 0 else { return }
    Watchdog.forked.store(-1, ordering: .relaxed)
    close(end)
  }

  /// The rank's end of the pipe, for a process that it forks.
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
      page.words.pointee.kills.store(KilledProcesses.count ?? .max, ordering: .relaxed)
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

    /// Out of the way of the numbers that the watchdog uses.
    private static let firstFree: Int32 = 10

    /// Ends that no other program inherits.
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

    /// Memory that is gone with those who use it.
    private static func openFile() -> Int32? {
      for folder in ["/dev/shm", "/tmp"] {
        var path = Array("\(folder)/seppo-XXXXXX".utf8CString)
        let file = mkstemp(&path)
        guard file >= 0 else { continue }
        unlink(path)
        // All of it now: where there is no room, writing to it later would end the rank.
        let free = posix_fallocate(file, 0, SharedPage.size) == 0 ? fcntl(file, F_DUPFD_CLOEXEC, firstFree) : -1
        close(file)
        if free >= 0 { return free }
      }
      return nil
    }

    /// Starts a shell that starts the watchdog and ends at once: so the watchdog isn't this process's child, and nobody who
    /// waits for children meets it.
    private static func spawn(_ path: String, host: String, pipe: Int32, file: Int32, errors: Int32) -> Bool {
      var actions = posix_spawn_file_actions_t()
      posix_spawn_file_actions_init(&actions)
      defer { posix_spawn_file_actions_destroy(&actions) }
      posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
      posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0)
      if errors != 2 { posix_spawn_file_actions_adddup2(&actions, errors, 2) }
      posix_spawn_file_actions_adddup2(&actions, pipe, 3)
      posix_spawn_file_actions_adddup2(&actions, file, 4)
      // What the program has open is kept open by nobody but itself.
      for open in openFiles() where open > 4 && open != pipe && open != file {
        posix_spawn_file_actions_addclose(&actions, open)
      }
      var attributes = posix_spawnattr_t()
      posix_spawnattr_init(&attributes)
      defer { posix_spawnattr_destroy(&attributes) }
      var blocked = sigset_t()
      sigemptyset(&blocked)
      for signal in outlived { sigaddset(&blocked, signal) }
      posix_spawnattr_setsigmask(&attributes, &blocked)
      var usual = sigset_t()
      sigemptyset(&usual)
      for signal in [SIGTERM, SIGCHLD, SIGPIPE] { sigaddset(&usual, signal) }
      posix_spawnattr_setsigdefault(&attributes, &usual)
      posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))
      let folders = getenv("PATH").map { ":" + String(cString: $0) } ?? ""
      var shell = pid_t()
      // Its environment is its own: what is preloaded there is meant for the program. And its text stays out of lists of
      // processes.
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

    /// Signals that may be meant for the rank's process group, and aren't its end.
    private static let outlived = [
      SIGHUP, SIGINT, SIGQUIT, SIGUSR1, SIGUSR2, SIGALRM, SIGVTALRM, SIGPROF, SIGXCPU, SIGXFSZ,
      SIGTSTP, SIGTTIN, SIGTTOU,
    ]

    private static func openFiles() -> [Int32] {
      guard let folder = opendir("/proc/self/fd") else { return [] }
      defer { closedir(folder) }
      var files: [Int32] = []
      while let entry = readdir(folder) {
        let name = withUnsafePointer(to: &entry.pointee.d_name) {
          String(cString: UnsafeRawPointer($0).assumingMemoryBound(to: CChar.self))
        }
        if let file = Int32(name) { files.append(file) }
      }
      return files
    }

    private static func withCStrings<Value>(
      _ strings: [String], _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) -> Value
    ) -> Value {
      var pointers = strings.map { strdup($0) } + [nil]
      defer { for pointer in pointers { free(pointer) } }
      return body(&pointers)
    }
  #endif
}
