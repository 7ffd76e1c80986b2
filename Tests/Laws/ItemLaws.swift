import Foundation
import SeppoMPI

/// Requires that a map throws `itemsDiffer` on every rank and computes nothing. Does nothing on a single rank.
///
/// - Parameters:
///   - index: The item that the error must name.
///   - says: Texts that the error must contain.
private func requireItemsDiffer<Items: Collection>(
  _ items: Items, index: Int?, line: UInt = #line, _ says: String...
) throws where Items.Element: Codable & Sendable {
  guard Seppo.size > 1 else { return }
  let computed = Counter()
  let f = { @Sendable (item: Items.Element) in
    computed.add(1)
    return item
  }
  /// Starts with a barrier, because rank 0 waits only a quarter of a second for the items of a late rank.
  func together(_ body: () throws -> Void) throws -> SeppoError {
    try Seppo.atRoot {}
    return try errorOf(body)
  }
  let errors = [
    try together { _ = try items.mapParallel(f) },
    try together { _ = try items.parallel(chunk: .items(1), retries: 2).mapResults(f) },
    try together { try items.parallel(threads: 2).atRoot.map(f) },
  ]
  for error in errors {
    guard case .itemsDiffer(let difference) = error else {
      throw LawError(description: "\(error) (line \(line))")
    }
    let rank = difference.rank
    try require(rank > 0, "rank \(rank)", line: line)
    if let index { try requireEqual(difference.index, index, line: line) }
    for part in says + ["rank \(rank) (", "atRoot", "[mapped at SeppoLaws/ItemLaws.swift:"] {
      try require("\(error)".contains(part), "\(error)", line: line)
    }
  }
  try requireEqual(computed.value, 0, "items computed", line: line)
}

/// Its cache is not encoded.
private struct Lossy: Codable {
  var x: Double
  var cache: [Double] = []
  enum CodingKeys: CodingKey { case x }
}

let itemLaws = [
  Law("slices of Data keep their indices, as items and as results") {
    let image = Data((0..<4_000).map { UInt8(truncatingIfNeeded: $0 &* 31) })
    let rows = stride(from: 0, to: 4_000, by: 8).map { image[$0..<($0 + 8)] }
    let weighted = { @Sendable (row: Data) in row.indices.reduce(0) { $0 + $1 * Int(row[$1]) } }
    try requireEqual(try rows.mapParallel(weighted), rows.map(weighted))
    let halves = try rows.parallel(chunk: .items(3)).map { [$0[($0.startIndex + 4)...], $0[..<($0.startIndex + 4)]] }
    try requireEqual(halves.map { $0.map(\.startIndex) }, rows.map { [$0.startIndex + 4, $0.startIndex] })
    try requireEqual(
      halves.map { $0.map(weighted) },
      rows.map { [weighted($0[($0.startIndex + 4)...]), weighted($0[..<($0.startIndex + 4)])] })
  },
  Law("a property that isn't encoded is lost on every rank, including rank 0") {
    guard Seppo.size > 1 else { return }
    let items = (0..<300).map { Lossy(x: Double($0), cache: [1, 2, 3]) }
    try requireEqual(try items.mapParallel { $0.cache.count }, Array(repeating: 0, count: 300))
    try requireEqual(
      try items.parallel(chunk: .items(7), retries: 1).mapResults { $0.x }.map { try $0.get() }, items.map(\.x))
    let only = try Seppo.atRoot { items }
    try requireEqual(try only.parallel(threads: 2).map { $0.cache.count }, Array(repeating: 0, count: 300))
  },
  Law("items that differ between ranks are an error, and nothing is computed") {
    try requireItemsDiffer(Seppo.isRoot ? [1, 2, 3] : [9], index: nil, "has 1 item, and rank 0 has 3")
    try requireItemsDiffer(Seppo.isRoot ? [] : [9], index: nil, "has 1 item, and rank 0 has 0")
    try requireItemsDiffer((0..<5).map { $0 == 4 ? Seppo.rank : 0 }, index: 4, "item 4 of rank")
    try requireItemsDiffer((0..<1_000).map { $0 == 999 ? Double(Seppo.rank) : 0 }, index: 999)
    try requireItemsDiffer((0..<70).map { "\(Seppo.rank) \($0)" }, index: 0)
    try requireItemsDiffer(0..<(10 + min(Seppo.rank, 1)), index: nil, "has 11 items, and rank 0 has 10")
    try requireItemsDiffer(Seppo.rank..<(100 + Seppo.rank), index: 0)
    try requireItemsDiffer((0..<100).map { [$0, Seppo.rank] }, index: 0)
    // The ranks still make the same calls.
    try requireEqual(try (0..<10).mapParallel { $0 }, Array(0..<10))
  },
  Law("the error names the rank with different items") {
    try requireItemsDiffer(
      Seppo.rank == Seppo.size - 1 ? ["a", "b"] : ["a", "c"], index: 1, "rank \(Seppo.size - 1) (")
  },
  Law("the error for a set or dictionary, whose order differs between processes, says to sort it") {
    let words = Set((0..<200).map { "word \($0)" })
    let table = Dictionary(uniqueKeysWithValues: (0..<100).map { ("key \($0)", Double($0)) })
    // By chance, the order may be the same in two processes.
    try requireItemsDiffer(words, index: nil, "Sort items from a Set")
    try requireItemsDiffer(Array(words), index: nil)
    try requireItemsDiffer(table.keys, index: nil)
    try requireItemsDiffer(table.map { $0.value }, index: nil)
    try requireEqual(try words.sorted().mapParallel { $0 + "!" }, words.sorted().map { $0 + "!" })
  },
  Law("items that only rank 0 has aren't compared") {
    let words = try Seppo.atRoot { Array(Set((0..<200).map { "word \($0)" })) }
    let lengths = try words.mapParallel { $0 + "!" }
    try requireEqual(lengths, try words.broadcast().map { $0 + "!" })
  },
  Law("sets inside items may have any order") {
    let sets = (0..<20).map { size in Set((0..<size).map { "word \($0)" }) }
    try requireEqual(try sets.mapParallel { $0.count }, Array(0..<20))
  },
]
