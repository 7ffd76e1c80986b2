/// What travels between rank 0 and another rank.
enum Letter: Sendable {
  case work(Range<Int>)
  case stop(Int)
  case callBack
  case entered
  case report(Report)
  case gaveBack([Range<Int>])
  /// What stands behind items that are late; and the item that has just become so.
  case late([Range<Int>], Int?)

  var comesFromRoot: Bool {
    switch self {
    case .work, .stop, .callBack: true
    default: false
    }
  }
}

/// What a rank says of a chunk that is done.
struct Report: Sendable {
  let chunk: Range<Int>
  /// So many of its items, from the first on, were computed, or failed.
  let completed: Int
  /// In ascending order.
  let failures: [Int]
  let nanoseconds: Int
  /// How long it was with the rank.
  let resident: Int
}
