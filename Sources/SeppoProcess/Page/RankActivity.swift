/// What this rank is doing, for who asks from outside: on SIGQUIT (`kill -QUIT`, Ctrl-\) it is written to standard error,
/// one line, and the rank goes on.
///
/// A signal handler may neither allocate nor lock, so it looks at what stands ready in the shared page.
package enum RankActivity {
  /// Written once, before the handler is installed: that is why it is safe.
  nonisolated(unsafe) private static var page: SharedPage?
  /// A line of more compute threads would be hard to read.
  static let mostShown = 16

  package static func start(_ page: SharedPage) {
    RankActivity.page = page
    // A program that has a use of its own for the signal keeps it. A reporter of crashes, as Swift's runtime has one where
    // output goes to a terminal, would stop the rank for seconds and print all its threads.
    guard isFree(SIGQUIT) else { return }
    signal(SIGQUIT) { _ in RankActivity.say() }
  }

  /// Whether the signal has its default action, or the same handler as traps and illegal instructions.
  private static func isFree(_ signal: Int32) -> Bool {
    func address(_ signal: Int32) -> Int? {
      var action = sigaction()
      return sigaction(signal, nil, &action) == 0 ? action.address : nil
    }
    guard let current = address(signal) else { return false }
    return current == 0 || current > 1 && current == address(SIGTRAP) && current == address(SIGILL)
  }

  private static func say() {
    // A process that this one forks has the handler too, and is no rank.
    guard let page, !RankProcess.isFork else { return }
    // The interrupted call may be about to look at it.
    let interrupted = errno
    defer { errno = interrupted }
    Line.make { line in
      line.put("Seppo: rank ")
      line.put(page.words.pointee.rank.load(ordering: .relaxed))
      line.put(" is ")
      describe(page, in: &line)
      line.write()
    }
  }

  /// As "in call 3, mapParallel at File.swift:12, for 12.3 s: computing items 34 to 61 (for 0.2 s)". `Watchdog` says the same
  /// in the same words. May be called by a signal handler.
  package static func describe(_ page: SharedPage, in line: inout Line) {
    let now = monotonicNanoseconds()
    let since = page.words.pointee.since.load(ordering: .acquiring)
    let number = page.words.pointee.number.load(ordering: .acquiring)
    if since != 0 {
      line.put("in call ")
      line.put(number)
      line.put(", ")
      line.put(page.call)
      line.put(", for ")
      line.put(nanoseconds: now - since)
    } else if number == 0 {
      line.put("in the program's own code, before its first call")
    } else {
      line.put("in the program's own code, after call ")
      line.put(number)
    }
    var shown = 0
    for thread in 0..<page.slots.used {
      guard let (items, since) = page.slots[thread].content else { continue }
      if shown == mostShown { return line.put(", and so on") }
      line.put(shown == 0 ? ": computing " : ", ")
      line.put(items)
      line.put(" (for ")
      line.put(nanoseconds: now - since)
      line.put(")")
      shown += 1
    }
  }

  /// The same as text.
  package static func text(_ page: SharedPage) -> String {
    Line.make { line in
      describe(page, in: &line)
      return String(decoding: line.bytes, as: UTF8.self)
    }
  }
}
