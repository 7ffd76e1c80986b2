import SeppoProcess
import SeppoTransport

/// Sends heartbeat requests while this rank waits for others, and detects ranks that don't answer.
final class Heartbeat {
  private let members: Members
  private let channel: Channel
  private let log: Log
  private var detector: FailureDetector
  private var missing: MissingRanks
  /// Whether rank 0 may run the program's own code within the call, for any time.
  private var rootMayBeAway = false
  /// The time of the last beat, in nanoseconds.
  private var lastBeat = 0

  /// The minimum time between two beats, in nanoseconds.
  private static let interval = 50_000_000

  /// The maximum time for which a host may acknowledge no packets, in seconds.
  private static let unacknowledged = 20.0

  /// - Parameter limit: The maximum time without a message from a rank, in nanoseconds; 0 for no limit.
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

  /// Sends heartbeat requests when they are due. Called repeatedly during a call, whether this rank waits or is busy.
  ///
  /// - Returns: The ranks that have not responded within the limit, and for how long; otherwise nil.
  func beat(at now: Int, in call: CallGate.Call) throws -> (ranks: [Int], nanoseconds: Int)? {
    guard members.size > 1, detector.limit > 0, now - lastBeat >= Heartbeat.interval else { return nil }
    lastBeat = now
    try channel.takeControlMessages()
    if let line = missing.line(at: now, members, rootMayBeAway: rootMayBeAway, in: call) { Console.write(line) }
    guard detector.isDue(at: now) else { return nil }
    // In a call that it has joined, rank 0 runs no user code, except in atRoot.
    let others = members.isRoot || !rootMayBeAway ? members.present : []
    let lost = detector.check(
      at: now, for: others, hostsAreUnreachable: UnreachableHosts.exist(unacknowledgedFor: Heartbeat.unacknowledged))
    if let lost { return lost }
    log.debug("sends a heartbeat request to ranks \(others)")
    if members.isRoot { try ask(others, in: call) }
    return nil
  }

  /// Sends the ranks a heartbeat request.
  func ask(_ ranks: [Int], in call: CallGate.Call) throws {
    for rank in ranks { try channel.send([call.number], to: rank, kind: .ping) }
  }

  /// Returns the ranks in the call that have sent no message since then.
  func unresponsive(since then: Int) -> [Int] { detector.unresponsive(since: then, of: members.present) }
}

/// Reports ranks that have not joined a call, from time to time. The job continues, because they may be in their own
/// code. A pure state machine: it returns the line to print, and all times are parameters, in nanoseconds.
struct MissingRanks {
  private let limit: Int
  private var began = 0
  private var warnings = 0

  init(limit: Int) { self.limit = limit }

  mutating func beginCall(at now: Int) { (began, warnings) = (now, 0) }

  /// Returns the line to print; nil if there is nothing to report now.
  mutating func line(
    at now: Int, _ members: Members, rootMayBeAway: Bool, in call: CallGate.Call
  ) -> String? {
    guard now - began >= limit * (warnings + 1) else { return nil }
    let missing = members.missing
    // If rank 0 is missing, only rank 1 reports it, and only once: rank 0 may be busy.
    if missing.isEmpty || (!members.isRoot && (members.rank != 1 || warnings > 0 || rootMayBeAway)) { return nil }
    warnings += 1
    let place = call.place.text.isEmpty ? "" : " at \(call.place.text)"
    return """
      Seppo: rank \(members.rank) (\(members.host)) has waited for \
      \(SeppoError.spell(seconds: Double(now - began) / 1e9)) in call \(call.number), \(call.name)\(place), for \
      \(SeppoError.spell(members.named(missing))), which \(missing.count > 1 ? "have" : "has") not joined it
      """
  }
}
