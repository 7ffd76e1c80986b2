import SeppoProcess
import SeppoTransport

/// Waiting for other ranks without overlooking that they are gone.
extension Session {
  /// Whom a rank waits for in the call at hand.
  struct Attention {
    var silence: Silence
    /// On rank 0: the ranks that have come to the call.
    var present: [Int] = []
    /// On the others: whether rank 0 has come to the call, and runs nobody's code in it.
    var rootIsPresent = false
    /// Whether rank 0 may run the program's own code within the call, for however long.
    var rootMayBeAway = false
    var began = 0
    /// When it was last looked whether something came from outside the call.
    var looked = 0
    /// How often it was said that ranks are missing.
    var complaints = 0
  }

  /// What is looked at between two looks at MPI.
  private static let pace = 50_000_000

  /// Seconds for which a host may acknowledge nothing.
  private static let unacknowledged = 20.0

  /// To be called again and again in a call, whether this rank waits or is busy: asks whether the ranks that it waits for are
  /// there, and ends the job where one isn't.
  func attend(at now: Int = monotonicNanoseconds()) throws {
    guard size > 1, attention.silence.limit > 0, now - attention.looked >= Session.pace else { return }
    attention.looked = now
    try takeControlMessages()
    complain(at: now)
    guard attention.silence.isDue(at: now) else { return }
    let others = isRoot ? attention.present : attention.rootIsPresent && !attention.rootMayBeAway ? [0] : []
    if let lost = attention.silence.look(
      at: now, for: others,
      hostsAreUnreachable: UnreachableHosts.areThere(silentFor: Session.unacknowledged))
    {
      Failure.endJob(
        self,
        SeppoError.ranksSilent(
          lost.ranks.sorted().map { .init(rank: $0, host: hosts[$0]) }, seconds: Double(lost.nanoseconds) / 1e9,
          call: current.call, place: current.place.text), at: current.place, ranksAreSilent: true)
    }
    log.debug("asks ranks \(others) whether they are there")
    if isRoot { for rank in others { try send([current.number], to: rank, kind: .ping) } }
  }

  /// Says, now and then, which ranks have not come to the call. The job goes on: they may be in code of their own.
  private func complain(at now: Int) {
    guard now - attention.began >= attention.silence.limit * (attention.complaints + 1) else { return }
    let missing = isRoot ? (1..<size).filter { !attention.present.contains($0) } : attention.rootIsPresent ? [] : [0]
    // One of the ranks that wait for rank 0 is enough, and once: it may well be busy.
    if missing.isEmpty || (!isRoot && (rank != 1 || attention.complaints > 0 || attention.rootMayBeAway)) { return }
    attention.complaints += 1
    let names = SeppoError.spell(missing.map { .init(rank: $0, host: hosts[$0]) })
    Console.write(
      """
      Seppo: rank \(rank) (\(host)) has waited for \(SeppoError.spell(seconds: Double(now - attention.began) / 1e9)) in call \
      \(current.number), \(current.call) at \(current.place.text), for \(names), which \
      \(missing.count > 1 ? "have" : "has") not come there
      """)
  }

  /// A call began.
  func beginAttention(rootMayBeAway: Bool) {
    guard size > 1 else { return }
    let now = monotonicNanoseconds()
    attention.present.removeAll(keepingCapacity: true)
    attention.rootIsPresent = false
    attention.rootMayBeAway = rootMayBeAway
    attention.began = now
    attention.complaints = 0
  }
}
