import SeppoProcess
import SeppoTransport

/// Waiting for other ranks without overlooking that they are gone.
final class Heartbeat {
  private let members: Members
  private let channel: Channel
  private let log: Log
  private var detector: FailureDetector
  private var missing: MissingRanks
  /// Whether rank 0 may run the program's own code within the call, for however long.
  private var rootMayBeAway = false
  /// When it was last looked whether something came from outside the call.
  private var looked = 0

  /// What is looked at between two looks at MPI.
  private static let pace = 50_000_000

  /// Seconds for which a host may acknowledge nothing.
  private static let unacknowledged = 20.0

  /// - Parameter limit: how long a rank may be silent, in nanoseconds; 0 for any time.
  init(_ members: Members, _ channel: Channel, _ log: Log, limit: Int) {
    self.members = members
    self.channel = channel
    self.log = log
    detector = FailureDetector(limit: limit, ranks: members.size, now: monotonicNanoseconds())
    missing = MissingRanks(limit: limit)
  }

  func beginCall(rootMayBeAway: Bool) {
    guard members.size > 1 else { return }
    self.rootMayBeAway = rootMayBeAway
    missing.beginCall(at: monotonicNanoseconds())
  }

  func hear(_ rank: Int) { detector.hear(rank, at: monotonicNanoseconds()) }

  /// To be called again and again in a call, whether this rank waits or is busy: asks whether the ranks that it waits for are
  /// there.
  ///
  /// - Returns: those that have been silent for too long, and for how long.
  func beat(at now: Int, in call: CallGate.Call) throws -> (ranks: [Int], nanoseconds: Int)? {
    guard members.size > 1, detector.limit > 0, now - looked >= Heartbeat.pace else { return nil }
    looked = now
    try channel.takeControlMessages()
    if let line = missing.line(at: now, members, rootMayBeAway: rootMayBeAway, in: call) { Console.write(line) }
    guard detector.isDue(at: now) else { return nil }
    // Rank 0 runs nobody's code in a call that it has come to, but for that of atRoot.
    let others = members.isRoot || !rootMayBeAway ? members.present : []
    let lost = detector.look(
      at: now, for: others, hostsAreUnreachable: UnreachableHosts.exist(unacknowledgedFor: Heartbeat.unacknowledged))
    if let lost { return lost }
    log.debug("asks ranks \(others) whether they are there")
    if members.isRoot { try ask(others, in: call) }
    return nil
  }

  /// Asks the ranks whether they are there.
  func ask(_ ranks: [Int], in call: CallGate.Call) throws {
    for rank in ranks { try channel.send([call.number], to: rank, kind: .ping) }
  }

  /// Those of the ranks in the call that have not been heard since then.
  func silent(since then: Int) -> [Int] { detector.silent(since: then, of: members.present) }
}

/// Says, now and then, which ranks have not come to a call. The job goes on: they may be in code of their own. Pure: it gives
/// the line, and the times come in, in nanoseconds.
struct MissingRanks {
  private let limit: Int
  private var began = 0
  private var complaints = 0

  init(limit: Int) { self.limit = limit }

  mutating func beginCall(at now: Int) { (began, complaints) = (now, 0) }

  /// - Returns: nil where it isn't time, or there is nothing to be said.
  mutating func line(
    at now: Int, _ members: Members, rootMayBeAway: Bool, in call: CallGate.Call
  ) -> String? {
    guard now - began >= limit * (complaints + 1) else { return nil }
    let missing = members.missing
    // One of the ranks that wait for rank 0 is enough, and once: it may well be busy.
    if missing.isEmpty || (!members.isRoot && (members.rank != 1 || complaints > 0 || rootMayBeAway)) { return nil }
    complaints += 1
    return """
      Seppo: rank \(members.rank) (\(members.host)) has waited for \
      \(SeppoError.spell(seconds: Double(now - began) / 1e9)) in call \(call.number), \(call.name) at \(call.place.text), for \
      \(SeppoError.spell(members.named(missing))), which \(missing.count > 1 ? "have" : "has") not come there
      """
  }
}
