import SeppoEngine
import SeppoProcess
import SeppoWire

/// With `SEPPO_CHECK=1`: whether `f` gives the same value on two ranks.
struct ResultComparison<Element: Codable & Sendable, Value: Codable & Sendable> {
  private let call: MapCall<Element, Value>
  private var lowest: (index: Int, error: SeppoError)?

  init(_ call: MapCall<Element, Value>) { self.call = call }

  /// `SeppoError.resultsDiffer` for the lowest item that has another value on the second rank.
  var difference: SeppoError? { lowest?.error }

  /// - Parameters:
  ///   - item: the first one of the block.
  ///   - first: the rank that computed it first, and `value` what it gave.
  ///   - payload: what came from the second rank.
  mutating func compare(
    _ item: Int, _ first: Int, _ second: Int, _ report: ChunkReport, _ payload: UnsafeRawBufferPointer?,
    with value: UnsafeBufferPointer<Value>
  ) {
    guard lowest.map({ item < $0.index }) ?? true, let found = found(report, payload, value) else { return }
    func rank(_ rank: Int) -> SeppoError.RankAndHost { .init(rank: rank, host: call.job.hosts[rank]) }
    lowest = (
      item,
      .resultsDiffer(
        .init(
          index: item, first: rank(first), firstResult: AnyValue.text(value[0], atMost: 80), second: rank(second),
          secondResult: found, place: call.place.text))
    )
  }

  /// What the second rank gave, where it isn't the same.
  private func found(
    _ report: ChunkReport, _ payload: UnsafeRawBufferPointer?, _ value: UnsafeBufferPointer<Value>
  ) -> String? {
    if let failure = report.failures.first {
      // Where items are tried again, it is nothing new that one throws now and then.
      guard case .itemThrew(let thrown) = failure.error as? SeppoError, call.options.retries == 0,
        StopSignal.current == nil
      else { return nil }
      return "an error (\(thrown.type): \(thrown.description))"
    }
    guard report.completed == 1, let payload else { return nil }
    return withUnsafeTemporaryAllocation(of: Value.self, capacity: 1) { room in
      let (done, unreadable) = Items.read(room, from: payload)
      defer { UnsafeMutableBufferPointer(rebasing: room[..<done]).deinitialize() }
      if let unreadable { return "a result that can't be read: \(unreadable.reason)" }
      return AnyValue.areSame(value[0], room[0]) ? nil : AnyValue.text(room[0], atMost: 80)
    }
  }
}
