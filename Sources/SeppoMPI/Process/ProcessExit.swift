import SeppoProcess

/// How a process leaves, wherever it does so: a rank that goes without ending MPI takes the others with it, or leaves them
/// waiting.
enum ProcessExit {
  /// Looks at every `exit` of this process.
  static func watch() {
    atexit {
      if RankProcess.isFork { return }
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
    if status != StopSignal.status { session.report.end(status == 0 ? .well : .error) }
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
