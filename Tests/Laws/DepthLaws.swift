import SeppoMPI

private indirect enum Chain: Codable, Sendable {
  case end
  case link(Int, Chain)

  init(_ levels: Int) {
    self = .end
    for level in 0..<levels { self = .link(level, self) }
  }

  /// Without recursion: the stack of a rank's first thread is the user's.
  var isWhole: Int? {
    var (levels, rest) = (0, self)
    var last: Int?
    while case .link(let level, let next) = rest {
      if let last, level != last - 1 { return nil }
      (levels, rest, last) = (levels + 1, next, level)
    }
    return last ?? 0 == 0 ? levels : nil
  }
}

/// Never changed once it is made: that is why it is `Sendable`.
private final class Knot: Codable, @unchecked Sendable {
  var name = "knot"
  var next: Knot?

  init() { next = self }
}

let depthLaws = [
  Law("alone: deep: values travel as items, as results, and to every rank") {
    for (levels, count) in [(401, 6), (5_000, 2)] {
      let items = (0..<count).map { Chain(levels + $0) }
      try holdEqual(try items.mapParallel { $0.isWhole }, (0..<count).map { levels + $0 })
      let values = try (0..<count).parallel(chunk: .items(1)).map { Chain(levels + $0) }
      try holdEqual(values.map(\.isWhole), (0..<count).map { levels + $0 })
      let results = try (0..<count).parallel(chunk: .items(1)).mapResults { Chain(levels + $0) }
      try holdEqual(try results.map { try $0.get().isWhole }, (0..<count).map { levels + $0 })
      try holdEqual(try Seppo.atRoot { Chain(levels) }.broadcast().isWhole, levels)
    }
  },
  Law("alone: deep: a cycle of references is one error on every rank, which says how deep values may nest") {
    guard Seppo.size > 1 else { return }
    let errors = [
      try errorOf { _ = try [1, 2].parallel(chunk: .items(1)).map { _ in Knot() } },
      try errorOf { _ = try Seppo.atRoot { Knot() }.broadcast() },
    ]
    for error in errors {
      guard case .notEncodable(let failure) = error, failure.type == "Knot" else {
        throw Broken(description: "\(error)")
      }
      let isTooDeep = failure.reason.contains("deeper than 120,000 levels")
      try hold(failure.codingPath.hasPrefix("next.next.") && isTooDeep, "\(error)")
    }
    let alike = try Seppo.atRoot { errors.map { "\($0)" } }.broadcast()
    try holdEqual(errors.map { "\($0)" }, alike)
  },
]
