import Synchronization

/// The process that is a rank. One that it forks has its memory and its signal handlers, and is no rank.
package enum RankProcess {
  private static let id = Atomic<pid_t>(0)

  /// This process is a rank from now on. Comes before any handler that asks `isFork`.
  static func begin() { id.store(getpid(), ordering: .relaxed) }

  /// Whether a rank has forked this process, which isn't one: then an end of it is none of ours. May be asked by a signal
  /// handler.
  package static var isFork: Bool {
    let id = id.load(ordering: .relaxed)
    return id != 0 && id != getpid()
  }

  /// The process that forked this one, where a launcher started that one as a rank: it runs the same program with the same
  /// rank's environment. Nil where this process is the rank.
  package static var forkedFrom: pid_t? {
    #if os(Linux)
      let parent = getppid()
      guard let own = executable("self"), own == executable("\(parent)"), let rank = Launcher.rank else { return nil }
      let variables = SystemFile.bytes("/proc/\(parent)/environ")?.split(separator: 0) ?? []
      let isSameRank = variables.contains { variable in
        ["OMPI_COMM_WORLD_RANK", "PMI_RANK", "PMIX_RANK"].contains { variable.elementsEqual("\($0)=\(rank)".utf8) }
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

  /// A process that an item has forked ends here, where it comes back out of `f`: it would compute other items too, and then
  /// wait for threads that it hasn't got.
  ///
  /// - Parameters:
  ///   - file: of the map, with its line.
  package static func endIfFork(mappedAt file: StaticString, line number: UInt) {
    guard isFork else { return }
    Line.make { line in
      line.put(
        "Seppo: a process that an item has forked came back out of f, and is ended: it must end by itself (_exit, exec) [mapped at "
      )
      line.put(file)
      line.put(":")
      line.put(Int(number))
      line.put("]")
      line.write()
    }
    // As EX_SOFTWARE of sysexits.h.
    _exit(70)
  }
}

/// A status that isn't taken for success: the system keeps its lowest eight bits.
package func failing(_ status: Int32) -> Int32 { status & 0xFF == 0 ? 1 : status }

/// The C library's `exit`, which `Seppo.exit` hides inside `Seppo`.
package func endProcess(_ status: Int32) -> Never { exit(status) }

/// Sleeps; a signal may end it early.
package func sleep(nanoseconds: Int) {
  var time = timespec(tv_sec: nanoseconds / 1_000_000_000, tv_nsec: nanoseconds % 1_000_000_000)
  nanosleep(&time, nil)
}
