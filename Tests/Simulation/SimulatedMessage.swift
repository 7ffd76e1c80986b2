import SeppoEngine

/// A message between the root and another rank.
enum SimulatedMessage: Sendable {
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
