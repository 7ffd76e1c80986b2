import SeppoEngine

/// The effects that the coordinator has to report, each once, and the chunks that each worker holds according to the
/// reported effects alone.
struct ExpectedEffects {
  enum ExpectedEffect: Equatable {
    case released(worker: Int, Range<Int>)
    case shortened(worker: Int, Range<Int>)
    case failed(Int, tries: Int)
    case limit(Int)
    case decided(Int)
    case compare(Int, first: Int, second: Int)
    case stuck(Int, worker: Int, nanoseconds: Int)
  }

  private(set) var due: [ExpectedEffect] = []
  /// The last limit that is expected.
  private var limit = Int.max
  /// The chunks that each worker holds according to the effects.
  private(set) var heldByEffects: [[Range<Int>]]

  init(workers: Int) { heldByEffects = Array(repeating: [], count: workers) }

  mutating func expect(_ effect: ExpectedEffect) { due.append(effect) }

  mutating func expect(limit: Int) {
    guard limit < self.limit else { return }
    self.limit = limit
    due.append(.limit(limit))
  }

  /// Checks an effect that the coordinator reports.
  mutating func reported(_ effect: ExpectedEffect) throws {
    guard let place = due.firstIndex(of: effect) else {
      throw Violation("the coordinator reports \(effect), but the expected effects are \(due)")
    }
    due.remove(at: place)
    switch effect {
    case .released(let worker, let chunk):
      guard let place = heldByEffects[worker].firstIndex(of: chunk) else {
        throw Violation("the coordinator reports \(effect), but the worker holds \(heldByEffects[worker])")
      }
      heldByEffects[worker].remove(at: place)
    case .shortened(let worker, let range):
      guard let place = heldByEffects[worker].firstIndex(where: { $0.upperBound == range.upperBound }) else {
        throw Violation("the coordinator reports \(effect), but the worker holds \(heldByEffects[worker])")
      }
      let kept = heldByEffects[worker][place].lowerBound..<range.lowerBound
      if kept.isEmpty { heldByEffects[worker].remove(at: place) } else { heldByEffects[worker][place] = kept }
    case .failed, .limit, .decided, .compare, .stuck: break
    }
  }

  mutating func assigned(_ chunk: Range<Int>, to worker: Int) { heldByEffects[worker].append(chunk) }

  /// Checks that no expected effect is missing.
  func checkNoneMissing() throws {
    guard due.isEmpty else { throw Violation("the coordinator doesn't report \(due)") }
  }
}
