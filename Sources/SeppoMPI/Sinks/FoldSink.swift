import SeppoEngine
import SeppoWire

/// A sink that folds values into one, in the order of their blocks, as soon as all earlier values are there.
///
/// The order and the grouping depend only on the blocks. So all bits of the result are the same for any number of ranks,
/// threads and chunks. Only values that arrive early are stored.
final class FoldSink<Value: Codable & Sendable>: Sink {
  static var keepsPlaces: Bool { false }

  /// The values folded so far; nil before the first.
  private(set) var folded: Value?
  /// The error that `merge` or `check` threw.
  private(set) var thrown: (any Error)?
  private(set) var decisive: Int?
  private var next = 0
  private var early: [Int: Value] = [:]
  private var pending = PendingBuffers<Value>()
  private let hasInitial: Bool
  private let merge: (inout Value, Value) throws -> Void
  private let isDecisive: ((Value) -> Bool)?
  private let check: (Value) throws -> Void

  /// - Parameters:
  ///   - initial: the value into which the first one is folded; nil if folding starts with that.
  ///   - merge: folds a value into the previous ones.
  ///   - isDecisive: returns whether no value after this one is needed.
  ///   - check: checks the first value, if there is no initial one and there are others.
  init(
    from initial: Value? = nil, _ merge: @escaping (inout Value, Value) throws -> Void,
    isDecisive: ((Value) -> Bool)? = nil, check: @escaping (Value) throws -> Void = { _ in }
  ) {
    folded = initial
    hasInitial = initial != nil
    self.merge = merge
    self.isDecisive = isDecisive
    self.check = check
  }

  func places(_ range: Range<Int>) -> UnsafeMutableBufferPointer<Value> { pending.allocate(range) }

  func receive(_ chunk: Range<Int>, _ runs: [Range<Int>], from origin: Origin?, coded: CodedPart?) -> BadValue? {
    guard let buffer = pending.take(chunk) else { return nil }
    defer { buffer.deallocate() }
    for index in runs.joined() {
      let value = (buffer.baseAddress! + (index - chunk.lowerBound)).move()
      if let isDecisive, isDecisive(value) { decisive = min(decisive ?? index, index) }
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
      if next == 2, !hasInitial { try check(folded!) }
      try merge(&folded!, value)
    } catch {
      thrown = error
    }
  }

  func abandon() {
    pending.free()
    early = [:]
  }

  deinit { abandon() }
}
