import SeppoProcess

extension Seppo {
  /// Ends every rank with this status, after what was printed is written out: for command-line tools (64 for a usage
  /// error, 1 for a partial failure).
  ///
  /// Every rank calls it; or rank 0 alone, inside `atRoot`. Inside an item it ends the whole job at once, and never with 0.
  public static func exit(_ status: Int32, fileID: StaticString = #fileID, line: UInt = #line, column: UInt = #column)
    -> Never
  {
    if RankProcess.isFork { endProcess(status) }
    let session = Session.shared
    let place = Place(fileID: fileID, line: line, column: column)
    switch (session.phase, Surroundings.current) {
    case (.ended, _):
      fflush(nil)
      endProcess(status)
    case (.running, .item):
      session.sentinel.dismiss()
      Console.write(
        """
        Seppo: rank \(session.rank) (\(session.host)): Seppo.exit(\(status)) was called inside an item, \
        \(Whereabouts.text(session.sentinel.page)) [at \(place.text)]
        """)
      fflush(nil)
      _exit(failing(status))
    case (.running, .atRoot):
      // The others wait for this atRoot's outcome.
      do {
        try session.sendToAll(.exit(status: status))
      } catch {
        Failure.endJobFromAnyThread(session, error, at: place)
      }
      ProcessExit.leave(session, status: status)
    case (.beforeRun, _), (.running, .everyRank):
      session.phase = .running
      do {
        try ProcessExit.meet(session, "Seppo.exit(\(status))", at: place)
      } catch {
        Failure.endJobFromAnyThread(session, error, at: place)
      }
      ProcessExit.leave(session, status: status)
    }
  }
}
