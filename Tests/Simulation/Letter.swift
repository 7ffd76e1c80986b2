import SeppoEngine

/// What travels between the root and another rank.
enum Letter: Sendable {
  case work(Range<Int>)
  case stop(Int)
  case recall
  case entered
  case report(ChunkReport)
  case returned([Range<Int>])
  case overdue(OverdueReport)

  var comesFromRoot: Bool {
    switch self {
    case .work, .stop, .recall: true
    default: false
    }
  }
}
