/// The ranks of a job, and which of them have come to the call at hand, as far as this rank knows: rank 0 hears of all, the
/// others of rank 0.
///
/// Changed by the thread in a call only.
final class Members {
  let rank: Int
  /// The machine of each rank.
  let hosts: [String]
  /// How many ranks are on this rank's machine.
  let here: Int
  /// The other ranks that have come to the call at hand, in the order in which they came.
  private(set) var present: [Int] = []
  private var isPresent: [Bool]
  /// On rank 0: what other ranks have said of the call that they have come to, until it is compared.
  var entries: [Int: CallEntry] = [:]

  init(rank: Int, hosts: [String]) {
    self.rank = rank
    self.hosts = hosts
    here = hosts.count { $0 == hosts[rank] }
    isPresent = Array(repeating: false, count: hosts.count)
  }

  var size: Int { hosts.count }
  var isRoot: Bool { rank == 0 }
  var host: String { hosts[rank] }

  /// The ranks whose coming this one hears of.
  private var awaited: Range<Int> { isRoot ? 1..<size : 0..<1 }

  func beginCall() {
    for rank in present { isPresent[rank] = false }
    present.removeAll(keepingCapacity: true)
  }

  /// The rank has come to the call at hand.
  func come(_ rank: Int) {
    if isPresent[rank] { return }
    isPresent[rank] = true
    present.append(rank)
  }

  func hasCome(_ other: Int) -> Bool { other == rank || isPresent[other] }

  /// Those that have not come, of those of which this rank hears.
  var missing: [Int] { awaited.filter { !isPresent[$0] } }

  /// On rank 0: whether every rank has come.
  var areAllPresent: Bool { present.count == awaited.count }

  /// As errors name them.
  func named(_ ranks: some Sequence<Int>) -> [SeppoError.RankAndHost] {
    ranks.map { .init(rank: $0, host: hosts[$0]) }
  }
}
