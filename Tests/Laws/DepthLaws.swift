import SeppoMPI

private indirect enum Chain: Codable, Sendable {
  case end
  case link(Int, Chain)

  init(_ levels: Int) {
    self = .end
    for level in 0..<levels { self = .link(level, self) }
  }

  /// The number of levels, or nil if a link is wrong. Without recursion: the main thread's stack may be small.
  var checkedDepth: Int? {
    var (levels, rest) = (0, self)
    var last: Int?
    while case .link(let level, let next) = rest {
      if let last, level != last - 1 { return nil }
      (levels, rest, last) = (levels + 1, next, level)
    }
    return last ?? 0 == 0 ? levels : nil
  }
}

/// `Sendable` because it never changes after `init`.
private final class Knot: Codable, @unchecked Sendable {
  var name = "knot"
  var next: Knot?

  init() { next = self }
}

let depthLaws = [
  Law("alone: deep: nested values are sent as items, as results, and to every rank") {
    for (levels, count) in [(401, 6), (5_000, 2)] {
      let items = (0..<count).map { Chain(levels + $0) }
      try requireEqual(try items.mapParallel { $0.checkedDepth }, (0..<count).map { levels + $0 })
      let values = try (0..<count).parallel(chunk: .items(1)).map { Chain(levels + $0) }
      try requireEqual(values.map(\.checkedDepth), (0..<count).map { levels + $0 })
      let results = try (0..<count).parallel(chunk: .items(1)).mapResults { Chain(levels + $0) }
      try requireEqual(try results.map { try $0.get().checkedDepth }, (0..<count).map { levels + $0 })
      try requireEqual(try Seppo.atRoot { Chain(levels) }.broadcast().checkedDepth, levels)
    }
  },
  Law("alone: deep: a reference cycle is the same error on every rank, with the maximum depth") {
    guard Seppo.size > 1 else { return }
    let errors = [
      try errorOf { _ = try [1, 2].parallel(chunk: .items(1)).map { _ in Knot() } },
      try errorOf { _ = try Seppo.atRoot { Knot() }.broadcast() },
    ]
    for error in errors {
      guard case .notEncodable(let failure) = error, failure.type == "Knot" else {
        throw LawError(description: "\(error)")
      }
      let isTooDeep = failure.reason.contains("deeper than 120,000 levels")
      try require(failure.codingPath.hasPrefix("next.next.") && isTooDeep, "\(error)")
    }
    let alike = try Seppo.atRoot { errors.map { "\($0)" } }.broadcast()
    try requireEqual(errors.map { "\($0)" }, alike)
  },
]
