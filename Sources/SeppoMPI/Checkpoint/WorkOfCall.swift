import SeppoEngine
import SeppoWire

extension CheckpointWork {
  /// What a call is to compute.
  init<Element: Codable & Sendable, Result>(
    _ elements: Elements<Element>, _ blocks: Blocks, result: Result.Type, resultsAreMemory: Bool, place: String,
    round: Int
  ) {
    self.init(
      place: place, round: round, count: blocks.count, element: String(describing: Element.self),
      result: String(describing: Result.self), shape: ResultShape.describe(Result.self),
      form: resultsAreMemory ? "memory" : "wire"
    ) { body in
      let writer = CanonicalWriter()
      // A range's or a stride's are those of its elements: an array of these is the same work.
      var isUnencodable = false
      elements.visit { index, item in
        if index % blocks.size == 0 {
          writer.removeAll()
          isUnencodable = false
        }
        do { try writer.write(item) } catch { isUnencodable = true }
        guard (index + 1) % blocks.size == 0 || index + 1 == blocks.items else { return }
        if isUnencodable {
          // It fails when it is to be sent, with an error of its own.
          Array("can't be encoded".utf8).withUnsafeBytes { body(blocks.block(of: index), $0) }
        } else {
          writer.withUnsafeBytes { body(blocks.block(of: index), $0) }
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
      withUnsafeTemporaryAllocation(of: Element.self, capacity: min(progression.count, Elements.run)) { room in
        guard let start = room.baseAddress else { return }
        for first in stride(from: 0, to: progression.count, by: room.count) {
          let places = first..<min(first + room.count, progression.count)
          progression.write(places, to: start)
          for place in places { body(place, room[place - first]) }
        }
      }
    }
  }
}
