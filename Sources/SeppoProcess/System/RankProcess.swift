import Synchronization

/// The process that is a rank: one that it forks has its memory and its signal handlers, and is no rank.
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
