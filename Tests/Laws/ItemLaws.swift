import Foundation
import SeppoMPI

/// The ranks' items differ: on several ranks that is an error on every one of them, and nothing is computed.
private func holdDiffers<Items: Collection>(
  _ items: Items, index: Int?, line: UInt = #line, _ says: String...
) throws where Items.Element: Codable & Sendable {
  guard Seppo.size > 1 else { return }
  let computed = Tally()
  let f = { @Sendable (item: Items.Element) in
    computed.add(1)
    return item
  }
  /// The ranks come to it together: only a quarter of a second is waited for one that is late.
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
      throw Broken(description: "\(error) (line \(line))")
    }
    let rank = difference.rank
    try hold(rank > 0, "rank \(rank)", line: line)
    if let index { try holdEqual(difference.index, index, line: line) }
    for part in says + ["rank \(rank) (", "atRoot", "[mapped at SeppoLaws/ItemLaws.swift:"] {
      try hold("\(error)".contains(part), "\(error)", line: line)
    }
  }
  try holdEqual(computed.value, 0, "items computed", line: line)
}

/// Its cache stays behind when it is encoded.
private struct Lossy: Codable {
  var x: Double
  var cache: [Double] = []
  enum CodingKeys: CodingKey { case x }
}

let itemLaws = [
  Law("slices of Data have their indices on every rank, as items and as results") {
    let image = Data((0..<4_000).map { UInt8(truncatingIfNeeded: $0 &* 31) })
    let rows = stride(from: 0, to: 4_000, by: 8).map { image[$0..<($0 + 8)] }
    let weighted = { @Sendable (row: Data) in row.indices.reduce(0) { $0 + $1 * Int(row[$1]) } }
    try holdEqual(try rows.mapParallel(weighted), rows.map(weighted))
    let halves = try rows.parallel(chunk: .items(3)).map { [$0[($0.startIndex + 4)...], $0[..<($0.startIndex + 4)]] }
    try holdEqual(halves.map { $0.map(\.startIndex) }, rows.map { [$0.startIndex + 4, $0.startIndex] })
    try holdEqual(
      halves.map { $0.map(weighted) },
      rows.map { [weighted($0[($0.startIndex + 4)...]), weighted($0[..<($0.startIndex + 4)])] })
  },
  Law("what an item loses on its way it has lost wherever it is computed") {
    guard Seppo.size > 1 else { return }
    let items = (0..<300).map { Lossy(x: Double($0), cache: [1, 2, 3]) }
    try holdEqual(try items.mapParallel { $0.cache.count }, Array(repeating: 0, count: 300))
    try holdEqual(
      try items.parallel(chunk: .items(7), retries: 1).mapResults { $0.x }.map { try $0.get() }, items.map(\.x))
    let only = try Seppo.atRoot { items }
    try holdEqual(try only.parallel(threads: 2).map { $0.cache.count }, Array(repeating: 0, count: 300))
  },
  Law("ranks with other items are told, and nothing is computed") {
    try holdDiffers(Seppo.isRoot ? [1, 2, 3] : [9], index: nil, "has 1 item, and rank 0 has 3")
    try holdDiffers(Seppo.isRoot ? [] : [9], index: nil, "has 1 item, and rank 0 has 0")
    try holdDiffers((0..<5).map { $0 == 4 ? Seppo.rank : 0 }, index: 4, "item 4 of rank")
    try holdDiffers((0..<1_000).map { $0 == 999 ? Double(Seppo.rank) : 0 }, index: 999)
    try holdDiffers((0..<70).map { "\(Seppo.rank) \($0)" }, index: 0)
    try holdDiffers(0..<(10 + min(Seppo.rank, 1)), index: nil, "has 11 items, and rank 0 has 10")
    try holdDiffers(Seppo.rank..<(100 + Seppo.rank), index: 0)
    try holdDiffers((0..<100).lazy.map { [$0, Seppo.rank] }, index: 0)
    // The ranks are still together.
    try holdEqual(try (0..<10).mapParallel { $0 }, Array(0..<10))
  },
  Law("one rank whose items are other ones is told") {
    try holdDiffers(Seppo.rank == Seppo.size - 1 ? ["a", "b"] : ["a", "c"], index: 1, "rank \(Seppo.size - 1) (")
  },
  Law("sets and dictionaries, whose order differs between processes, are told to be sorted") {
    let words = Set((0..<200).map { "word \($0)" })
    let table = Dictionary(uniqueKeysWithValues: (0..<100).map { ("key \($0)", Double($0)) })
    // By chance, the order may be the same in two processes.
    try holdDiffers(words, index: nil, "Sort items from a Set")
    try holdDiffers(Array(words), index: nil)
    try holdDiffers(table.keys, index: nil)
    try holdDiffers(table.map { $0.value }, index: nil)
    try holdEqual(try words.sorted().mapParallel { $0 + "!" }, words.sorted().map { $0 + "!" })
  },
  Law("items that only rank 0 has aren't compared") {
    let words = try Seppo.atRoot { Array(Set((0..<200).map { "word \($0)" })) }
    let lengths = try words.mapParallel { $0 + "!" }
    try holdEqual(lengths, try words.broadcast().map { $0 + "!" })
  },
  Law("sets inside of items have any order") {
    let sets = (0..<20).map { size in Set((0..<size).map { "word \($0)" }) }
    try holdEqual(try sets.mapParallel { $0.count }, Array(0..<20))
  },
]
