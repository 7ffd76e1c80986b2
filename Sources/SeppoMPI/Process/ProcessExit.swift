import Synchronization

/// How a process leaves, wherever it does so: a rank that goes without ending MPI takes the others with it, or leaves them
/// waiting.
enum ProcessExit {
  private static let process = Atomic<pid_t>(0)

  /// Whether a rank has forked this process, which isn't one: then an end of it is none of ours.
  static var isFork: Bool {
    let process = process.load(ordering: .relaxed)
    return process != 0 && process != getpid()
  }

  /// A process that an item has forked ends here, where it comes back out of `f`: it would compute other items too, and then
  /// wait for threads that it hasn't got.
  static func endIfFork(at place: Place) {
    guard isFork else { return }
    Line.make { line in
      line.put(
        "Seppo: a process that an item has forked came back out of f, and is ended: it must end by itself (_exit, exec) [mapped at "
      )
      line.put(place.fileID)
      line.put(":")
      line.put(Int(place.line))
      line.put("]")
      line.write()
    }
    // As EX_SOFTWARE of sysexits.h.
    _exit(70)
  }

  /// Looks at every `exit` of this process.
  static func watch() {
    process.store(getpid(), ordering: .relaxed)
    atexit {
      if ProcessExit.isFork { return }
      let session = Session.shared
      switch session.phase {
      case .ended: session.sentinel.dismiss()
      case .beforeRun: ProcessExit.endWithoutRun(session)
      case .running:
        let inside = Surroundings.current == .item ? " inside an item" : ""
        session.sentinel.dismiss()
        session.report.end(.error)
        Console.write(
          """
          Seppo: rank \(session.rank) (\(session.host)): exit was called\(inside) before Seppo.run had ended, \
          \(Whereabouts.text(session.sentinel.page)). That ends the whole job; Seppo.exit(status) ends every rank in order.
          """)
        fflush(nil)
        // Not by way of MPI: this may be any thread, and another may be within MPI. The launcher ends the others.
        _exit(1)
      }
    }
  }

  /// MPI was started by a question (`Seppo.rank`), and nobody has ended it. The ranks do so together, as at the end of a
  /// run: one that went alone would wait in MPI for others that wait for it in a call.
  private static func endWithoutRun(_ session: Session) {
    if session.mpiHasEnded { return session.sentinel.dismiss() }
    let place = Place(fileID: "", line: 0, column: 0)
    session.phase = .running
    do {
      try meet(session, "the program's end, without Seppo.run", at: place)
      if session.isRoot { session.report.end(.well) }
      try session.end()
    } catch {
      Failure.endJob(session, error, at: place)
    }
  }

  /// Waits until every rank has come to this call.
  static func meet(_ session: Session, _ call: String, at place: Place) throws {
    try session.call(call, at: place) { signature in
      var rendezvous = Rendezvous(session, signature)
      if session.isRoot {
        try rendezvous.gather()
        try rendezvous.finish(.done)
      } else {
        try rendezvous.announce(threads: 0)
        _ = try rendezvous.awaitOutcome()
      }
    }
  }

  /// Every rank has come here: ends MPI and the process.
  ///
  /// - Parameter itemsGoOn: whether compute threads are at items still; then what is registered with `atexit` isn't run, as
  ///   it may take from them what they use.
  static func leave(_ session: Session, status: Int32, itemsGoOn: Bool = false) -> Never {
    if status != EndRequest.status { session.report.end(status == 0 ? .well : .error) }
    fflush(nil)
    do {
      try session.end(withProcess: true)
    } catch {
      Console.write("Seppo: rank \(session.rank) (\(session.host)): \(error)")
      exit(failing(status))
    }
    if itemsGoOn {
      fflush(nil)
      _exit(status)
    }
    exit(status)
  }
}

/// A status that isn't taken for success: the system keeps its lowest eight bits.
func failing(_ status: Int32) -> Int32 { status & 0xFF == 0 ? 1 : status }

/// The C library's `exit`, which `Seppo.exit` hides inside `Seppo`.
func endProcess(_ status: Int32) -> Never { exit(status) }
