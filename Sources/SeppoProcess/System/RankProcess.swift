import Synchronization

/// Tells the rank's process from a forked one, which has the rank's memory and signal handlers but is not a rank.
package enum RankProcess {
  private static let id = Atomic<pid_t>(0)
  /// The child of the rank that this process is, in which items are computed; 0 if it is none.
  private static let child = Atomic<pid_t>(0)

  /// Makes this process the rank's. Call it before installing any signal handler that uses `isFork`.
  static func begin() {
    id.store(getpid(), ordering: .relaxed)
    mark = makeMark()
  }

  /// Makes this process a child in which items are computed.
  static func beginChild() { child.store(getpid(), ordering: .relaxed) }

  /// Whether this process is a fork of the rank, whose end is not the rank's end. Async-signal-safe.
  package static var isFork: Bool {
    let id = id.load(ordering: .relaxed)
    return id != 0 && id != getpid()
  }

  /// A word that is 0 in a forked process; nil if the system has no such memory. Safe because it is written once, before there
  /// are items.
  nonisolated(unsafe) private static var mark: UnsafePointer<Int>?

  private static func makeMark() -> UnsafePointer<Int>? {
    #if os(Linux)
      let size = Int(sysconf(Int32(_SC_PAGESIZE)))
      let memory = mmap(nil, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
      // MADV_WIPEONFORK, since Linux 4.14.
      guard let memory, memory != MAP_FAILED, madvise(memory, size, 18) == 0 else { return nil }
      memory.storeBytes(of: 1, as: Int.self)
      return UnsafePointer(memory.assumingMemoryBound(to: Int.self))
    #else
      return nil
    #endif
  }

  /// Whether an item has forked this process. Like `isFork`, but without a system call.
  private static var isForkOfItem: Bool {
    if let mark, mark.pointee != 0 { return false }
    return isFork && child.load(ordering: .relaxed) != getpid()
  }

  /// The variable by which a program knows that a rank has started it.
  private static let startVariable = "SEPPO_STARTED_BY"

  /// Tells the programs that this rank starts that it is their parent.
  package static func markDescendants() { setenv(startVariable, "\(getpid()) \(Launcher.identity)", 1) }

  /// The rank that has started this program, or an ancestor of it, and whose place among the ranks it would take; nil if the
  /// launcher has started it.
  package static var startedBy: pid_t? {
    guard let mark = getenv(startVariable).map({ String(cString: $0).split(separator: " ", maxSplits: 1) }),
      mark.count == 2, let process = pid_t(mark[0])
    else { return nil }
    // A rank that has replaced its own program keeps its number. A job that a rank has submitted has a launcher of its own.
    return process != getpid() && mark[1] == Launcher.identity ? process : nil
  }

  /// The process that forked this one, where a launcher started that one as a rank: it runs the same program with the same
  /// rank's environment. Nil where this process is the rank.
  package static var forkedFrom: pid_t? {
    #if os(Linux)
      let parent = getppid()
      guard let own = executable("self"), own == executable("\(parent)"), let rank = Launcher.rank else { return nil }
      let isSameRank = SystemFile.environment(of: parent).contains { variable in
        Launcher.rankVariables.contains { variable.elementsEqual("\($0)=\(rank)".utf8) }
      }
      return isSameRank ? parent : nil
    #else
      return nil
    #endif
  }

  private static func executable(_ process: String) -> String? {
    guard let path = realpath("/proc/\(process)/exe", nil) else { return nil }
    defer { free(path) }
    return String(cString: path)
  }

  /// Ends a process that an item has forked and that returns from `f`. It would compute further items, and then wait for
  /// threads that it doesn't have.
  ///
  /// - Parameters:
  ///   - file: the file that contains the call of `map`.
  ///   - number: the call's line number.
  package static func endIfFork(mappedAt file: StaticString, line number: UInt) {
    guard isForkOfItem else { return }
    Line.make { line in
      line.put(
        "Seppo: a process that an item has forked returned from f and is ended: it must call _exit or exec [mapped at "
      )
      line.put(file)
      line.put(":")
      line.put(Int(number))
      line.put("]")
      line.write()
    }
    // EX_SOFTWARE of sysexits.h.
    _exit(70)
  }
}

/// Returns a status that doesn't mean success, even after the system has kept only its lowest eight bits.
package func failureStatus(_ status: Int32) -> Int32 { status & 0xFF == 0 ? 1 : status }

/// Calls the C library's `exit`, which `Seppo.exit` shadows inside `Seppo`.
package func endProcess(_ status: Int32) -> Never { exit(status) }

/// Sleeps. A signal may end the sleep early.
package func sleep(nanoseconds: Int) {
  var time = timespec(tv_sec: nanoseconds / 1_000_000_000, tv_nsec: nanoseconds % 1_000_000_000)
  nanosleep(&time, nil)
}

/// Calls the C library's `kill`, which types with a method of that name shadow.
func signalProcess(_ process: pid_t, _ signal: Int32) -> Int32 { kill(process, signal) }
