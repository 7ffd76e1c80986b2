import SeppoEngine
import SeppoWire

/// Values folded into one, in the order of their blocks, as soon as all before them are there.
///
/// The order, and what is folded with what, depend on the blocks alone: so the bits are the same for any number of ranks,
/// threads and chunks. Only values that came before their turn are kept.
final class FoldSink<Value: Codable & Sendable>: Sink {
  static var keepsPlaces: Bool { false }

  /// All that was folded so far; nil before the first.
  private(set) var folded: Value?
  /// What folding threw.
  private(set) var thrown: (any Error)?
  private var next = 0
  private var early: [Int: Value] = [:]
  private var rooms: [Int: UnsafeMutableBufferPointer<Value>] = [:]
  private let merge: (inout Value, Value) throws -> Void
  private let check: (Value) throws -> Void

  /// - Parameter check: looks at the first value, where others follow.
  init(_ merge: @escaping (inout Value, Value) throws -> Void, check: @escaping (Value) throws -> Void = { _ in }) {
    self.merge = merge
    self.check = check
  }

  func places(_ range: Range<Int>) -> UnsafeMutableBufferPointer<Value> {
    // A chunk whose values can't be read in part is asked for again.
    rooms.removeValue(forKey: range.lowerBound)?.deallocate()
    let room = UnsafeMutableBufferPointer<Value>.allocate(capacity: range.count)
    rooms[range.lowerBound] = room
    return room
  }

  func came(_ chunk: Range<Int>, _ runs: [Range<Int>], from origin: Origin?, coded: CodedPart?) -> BadValue? {
    guard let room = rooms.removeValue(forKey: chunk.lowerBound) else { return nil }
    defer { room.deallocate() }
    for index in runs.joined() {
      let value = (room.baseAddress! + (index - chunk.lowerBound)).move()
      if index == next { fold(value) } else { early[index] = value }
    }
    while let value = early.removeValue(forKey: next) { fold(value) }
    return nil
  }

  private func fold(_ value: Value) {
    next += 1
    guard thrown == nil else { return }
    guard folded != nil else {
      folded = value
      return
    }
    do {
      if next == 2 { try check(folded!) }
      try merge(&folded!, value)
    } catch {
      thrown = error
    }
  }

  func abandon() {
    for room in rooms.values { room.deallocate() }
    rooms = [:]
    early = [:]
  }

  deinit { abandon() }
}
