/// The ranks of a job, and those that have joined the current call, as far as this rank knows: rank 0 tracks all ranks,
/// the others track rank 0.
///
/// Only the thread in a call changes it.
final class Members {
  let rank: Int
  /// The host of each rank.
  let hosts: [String]
  /// The number of ranks on this rank's host.
  let here: Int
  /// This rank's number among these.
  let localRank: Int
  /// The other ranks that have joined the current call, in the order in which they joined.
  private(set) var present: [Int] = []
  private var isPresent: [Bool]
  /// On rank 0: the entries of other ranks that have not been compared yet, by rank.
  var entries: [Int: CallEntry] = [:]

  init(rank: Int, hosts: [String]) {
    self.rank = rank
    self.hosts = hosts
    here = hosts.count { $0 == hosts[rank] }
    localRank = hosts[..<rank].count { $0 == hosts[rank] }
    isPresent = Array(repeating: false, count: hosts.count)
  }

  var size: Int { hosts.count }
  var isRoot: Bool { rank == 0 }
  var host: String { hosts[rank] }

  /// The ranks that this one tracks.
  private var awaited: Range<Int> { isRoot ? 1..<size : 0..<1 }

  func beginCall() {
    for rank in present { isPresent[rank] = false }
    present.removeAll(keepingCapacity: true)
  }

  /// Records that the rank has joined the current call.
  func join(_ rank: Int) {
    if isPresent[rank] { return }
    isPresent[rank] = true
    present.append(rank)
  }

  func hasJoined(_ other: Int) -> Bool { other == rank || isPresent[other] }

  /// The tracked ranks that have not joined.
  var missing: [Int] { awaited.filter { !isPresent[$0] } }

  /// On rank 0: whether every rank has joined.
  var areAllPresent: Bool { present.count == awaited.count }

  /// Returns the ranks with their hosts, for errors.
  func named(_ ranks: some Sequence<Int>) -> [SeppoError.RankAndHost] {
    ranks.map { .init(rank: $0, host: hosts[$0]) }
  }
}
