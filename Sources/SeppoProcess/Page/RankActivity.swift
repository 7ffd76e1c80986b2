/// A description of what this rank is doing. On SIGQUIT (`kill -QUIT`, Ctrl-\) the rank writes it to standard error, as one
/// line, and continues.
///
/// A signal handler may neither allocate nor lock, so it reads the shared page only.
package enum RankActivity {
  /// Safe because it is written once, before the handler is installed.
  nonisolated(unsafe) private static var page: SharedPage?
  /// The maximum number of compute threads in the line, to keep it readable.
  static let maximumShown = 16

  package static func start(_ page: SharedPage) {
    RankActivity.page = page
    // A handler of the program stays. A crash reporter's handler is replaced: it would stop the rank for seconds and print
    // all its threads. (Swift's runtime has one if output goes to a terminal.)
    guard isFree(SIGQUIT) else { return }
    signal(SIGQUIT) { _ in RankActivity.report() }
  }

  /// Returns whether the signal has its default action, or the same handler as traps and illegal instructions.
  private static func isFree(_ signal: Int32) -> Bool {
    func address(_ signal: Int32) -> Int? {
      var action = sigaction()
      return sigaction(signal, nil, &action) == 0 ? action.address : nil
    }
    guard let current = address(signal) else { return false }
    return current == 0 || current > 1 && current == address(SIGTRAP) && current == address(SIGILL)
  }

  private static func report() {
    // A forked process has the handler too, but is not a rank.
    guard let page, !RankProcess.isFork else { return }
    // The interrupted code may be about to read it.
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

  /// Writes text such as "in call 3, mapParallel at File.swift:12, for 12.3 s: computing items 34 to 61 (for 0.2 s)".
  /// `WatchdogScript` uses the same words. Async-signal-safe.
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
      if shown == maximumShown { return line.put(", and so on") }
      line.put(shown == 0 ? ": computing " : ", ")
      line.put(items)
      line.put(" (for ")
      line.put(nanoseconds: now - since)
      line.put(")")
      shown += 1
    }
  }

  /// Returns the description as a string.
  package static func text(_ page: SharedPage) -> String {
    Line.make { line in
      describe(page, in: &line)
      return String(decoding: line.bytes, as: UTF8.self)
    }
  }
}
