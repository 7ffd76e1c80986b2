import SeppoEngine
import SeppoWire

extension CheckpointWork {
  /// Creates the description of a call's work.
  ///
  /// - Parameter seed: the seed of the random numbers. With one, the result of an item also depends on its index.
  init<Element: Codable & Sendable, Result>(
    _ elements: Elements<Element>, _ blocks: Blocks, result: Result.Type, resultsAreMemory: Bool, place: String,
    round: Int, seed: Int? = nil
  ) {
    self.init(
      place: place, round: round, count: blocks.count, element: String(describing: Element.self),
      result: String(describing: Result.self), shape: ResultShape.describe(Result.self),
      form: resultsAreMemory ? "memory" : "wire"
    ) { body in
      let writer = CanonicalWriter()
      // The elements of a range or a stride are the same work as an array of them.
      var isUnencodable = false
      elements.visit { index, item in
        let block = blocks.block(of: index)
        if index == blocks.firstItem(of: block) {
          writer.removeAll()
          isUnencodable = false
          if let seed { try? writer.write([seed, index]) }
        }
        do { try writer.write(item) } catch { isUnencodable = true }
        guard index + 1 == blocks.items || blocks.block(of: index + 1) > block else { return }
        if isUnencodable {
          // The call reports the error when it sends the item.
          Array("can't be encoded".utf8).withUnsafeBytes { body(block, $0) }
        } else {
          writer.withUnsafeBytes { body(block, $0) }
        }
      }
    }
  }
}

extension Elements {
  fileprivate func visit(_ body: (Int, Element) -> Void) {
    switch self {
    case .memory(let items): for (index, item) in items.enumerated() { body(index, item) }
    case .progression(let progression):
      if progression.count == 0 { return }
      let capacity = min(progression.count, Elements.progressionBatch)
      withUnsafeTemporaryAllocation(of: Element.self, capacity: capacity) { buffer in
        guard let start = buffer.baseAddress else { return }
        for first in stride(from: 0, to: progression.count, by: buffer.count) {
          let indices = first..<min(first + buffer.count, progression.count)
          progression.write(indices, to: start)
          for index in indices { body(index, buffer[index - first]) }
        }
      }
    }
  }
}
