#if os(Linux)
  import Foundation
  import Testing

  @testable import SeppoProcess

  /// Each rank is a `Watchdog` object in this process. For the watchdog, the rank ends when the object is freed.
  @Suite("The watchdog", .serialized)
  struct WatchdogTests {
    /// Returns a pipe whose ends only this process and the watchdog have.
    private func makePipe() -> Pipe {
      let pipe = Pipe()
      for end in [pipe.fileHandleForReading, pipe.fileHandleForWriting] {
        _ = fcntl(end.fileDescriptor, F_SETFD, FD_CLOEXEC)
      }
      return pipe
    }

    /// Returns the watchdog's report on a rank that ends after the body.
    private func report(_ shell: String = "/bin/sh", _ body: (SharedPage) -> Void) throws -> String {
      let pipe = makePipe()
      var watchdog: Watchdog? = Watchdog(
        host: "node7", shell: shell, errors: pipe.fileHandleForWriting.fileDescriptor)
      if let watchdog {
        watchdog.page.words.pointee.rank.store(2, ordering: .relaxed)
        watchdog.page.words.pointee.state.store(SharedPage.State.running.rawValue, ordering: .relaxed)
        body(watchdog.page)
      }
      watchdog = nil
      try pipe.fileHandleForWriting.close()
      // The file ends when the watchdog ends, which has the only other end.
      return String(decoding: try pipe.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
    }

    private static let place = "Module/Main.swift:12"

    private static let killed =
      "Seppo: rank 2 (node7): killed (SIGKILL: by a user, by the batch system, or out of memory) or ended by _exit; it was"

    @Test("It reports where a lost rank was, in any shell", arguments: ["/bin/sh", "/bin/bash"])
    func saysWhere(_ shell: String) throws {
      #expect(
        try report(shell) { _ in } == "\(Self.killed) in the program's own code, before its first call\n")
      #expect(
        try report(shell) {
          $0.enter("mapParallel", at: Self.place, number: 7)
          $0.leave()
        } == "\(Self.killed) in the program's own code, after call 7\n")
      #expect(
        try report(shell) { page in
          for number in 1...3 { page.enter("mapParallel", at: Self.place, number: number) }
          let now = monotonicNanoseconds()
          page.words.pointee.since.store(now - 12_340_000_000, ordering: .relaxed)
          page.words.pointee.died.store(now, ordering: .relaxed)
          page.slots.use(0).take(34..<62, at: now - 1_290_000_000)
          page.slots.use(1).take(5..<6, at: now - 100_000_000)
          page.slots.use(1).empty()
          page.slots.use(2).take(77..<78, at: now - 3_600_000_000_000)
        }
          == """
          \(Self.killed) in call 3, mapParallel at Module/Main.swift:12, for 12.3 s: computing items 34 to 61 (for 1.2 s), \
          item 77 (for 3600.0 s)

          """)
    }

    @Test("It measures time by the rank's clock")
    func countsTime() throws {
      let text = try report {
        $0.enter("mapParallel", at: Self.place, number: 1)
        $0.words.pointee.since.store(monotonicNanoseconds() - 5_000_000_000, ordering: .relaxed)
      }
      // The shell's clock has a resolution of 10 ms. A busy machine may take a while to wake the watchdog.
      let seconds = text.components(separatedBy: ", for ").last.flatMap { Double($0.prefix { $0 != " " }) }
      #expect(try #require(seconds) >= 4.9 && #require(seconds) < 60, "\(text)")
    }

    @Test("The items of the thread that crashed come first")
    func namesThread() throws {
      let text = try report { page in
        page.enter("mapParallel", at: Self.place, number: 1)
        page.words.pointee.signal.store(Int(SIGSEGV), ordering: .relaxed)
        page.words.pointee.thread.store(callingThread, ordering: .relaxed)
        page.slots.use(0).take(1..<2, at: monotonicNanoseconds())
        page.slots.use(1).own()
        page.slots.use(1).take(3..<4, at: monotonicNanoseconds())
      }
      #expect(
        text.contains("rank 2 (node7): crashed by an invalid address or a stack overflow (SIGSEGV); it was in call 1, ")
      )
      #expect(text.contains(": computing item 3 (for "), "\(text)")
      #expect(text.contains("; on other threads item 1 (for "), "\(text)")
    }

    @Test("It reports a probable lack of memory if the system has killed processes")
    func outOfMemory() throws {
      let count = try #require(OutOfMemoryKills.count)
      let text = try report { $0.words.pointee.kills.store(count - 1, ordering: .relaxed) }
      #expect(text.contains("killed (SIGKILL), probably out of memory"), "\(text)")
      let other = try report { $0.words.pointee.kills.store(count, ordering: .relaxed) }
      #expect(other.hasPrefix(Self.killed), "\(other)")
    }

    @Test("The report is one line even with many threads and long names")
    func staysALine() throws {
      let call = String(repeating: "ö", count: 400)
      let text = try report { page in
        page.enter(call, at: Self.place, number: 1)
        for thread in 0..<InFlightSlots.capacity {
          page.slots.use(thread).take(thread..<(thread + 1), at: monotonicNanoseconds())
        }
      }
      #expect(text.contains(#/, item 15 \(for [0-9.]+ s\), and so on\n$/#), "\(text)")
      #expect(text.split(separator: "\n").count == 1)
    }

    @Test("It reports nothing before MPI has started, or after the rank has ended in order")
    func reportsNothing() throws {
      let starting = SharedPage.State.starting.rawValue
      #expect(try report { $0.words.pointee.state.store(starting, ordering: .relaxed) } == "")
      let pipe = makePipe()
      let watchdog = Watchdog(host: "node7", errors: pipe.fileHandleForWriting.fileDescriptor)
      watchdog.page.words.pointee.state.store(SharedPage.State.running.rawValue, ordering: .relaxed)
      try pipe.fileHandleForWriting.close()
      watchdog.dismiss()
      #expect(try pipe.fileHandleForReading.readToEnd() ?? Data() == Data())
    }

    @Test("A rank continues without a watchdog if there is no shell")
    func withoutShell() throws {
      #expect(try report("/no/shell") { $0.enter("mapParallel", at: Self.place, number: 1) } == "")
    }
  }
#endif
