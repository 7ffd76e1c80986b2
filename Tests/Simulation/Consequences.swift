import SeppoEngine

/// What the coordinator has to say of what happened, each once: what is due, and a journal that is kept of it alone.
struct Consequences {
  enum Consequence: Equatable {
    case released(worker: Int, Range<Int>)
    case shortened(worker: Int, Range<Int>)
    case failed(Int, tries: Int)
    case limit(Int)
    case compare(Int, first: Int, second: Int)
    case stuck(Int, worker: Int, nanoseconds: Int)
  }

  private(set) var due: [Consequence] = []
  /// The last limit that is due.
  private var limit = Int.max
  /// What each worker has in its hands, by what was given, released and shortened.
  private(set) var journal: [[Range<Int>]]

  init(workers: Int) { journal = Array(repeating: [], count: workers) }

  mutating func expect(_ consequence: Consequence) { due.append(consequence) }

  mutating func expect(limit: Int) {
    guard limit < self.limit else { return }
    self.limit = limit
    due.append(.limit(limit))
  }

  /// The coordinator says it.
  mutating func came(_ consequence: Consequence) throws {
    guard let place = due.firstIndex(of: consequence) else {
      throw Violation("the coordinator says \(consequence), of what is due: \(due)")
    }
    due.remove(at: place)
    switch consequence {
    case .released(let worker, let chunk):
      guard let place = journal[worker].firstIndex(of: chunk) else {
        throw Violation("\(consequence), and in its hands is \(journal[worker])")
      }
      journal[worker].remove(at: place)
    case .shortened(let worker, let range):
      guard let place = journal[worker].firstIndex(where: { $0.upperBound == range.upperBound }) else {
        throw Violation("\(consequence), and in its hands is \(journal[worker])")
      }
      let kept = journal[worker][place].lowerBound..<range.lowerBound
      if kept.isEmpty { journal[worker].remove(at: place) } else { journal[worker][place] = kept }
    case .failed, .limit, .compare, .stuck: break
    }
  }

  mutating func gave(_ chunk: Range<Int>, to worker: Int) { journal[worker].append(chunk) }

  /// Nothing more is said for now.
  func checkThatAllCame() throws {
    guard due.isEmpty else { throw Violation("the coordinator doesn't say \(due)") }
  }
}
