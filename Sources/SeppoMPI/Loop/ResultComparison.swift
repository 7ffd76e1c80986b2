import SeppoEngine
import SeppoProcess
import SeppoWire

/// Checks whether `f` returns the same value on two ranks, with `SEPPO_CHECK=1`.
struct ResultComparison<Element: Codable & Sendable, Value: Codable & Sendable> {
  private let call: MapCall<Element, Value>
  private var lowest: (index: Int, error: SeppoError)?

  init(_ call: MapCall<Element, Value>) { self.call = call }

  /// `SeppoError.resultsDiffer` for the lowest item with different values; nil if there is none.
  var difference: SeppoError? { lowest?.error }

  /// Compares the values of two ranks.
  ///
  /// - Parameters:
  ///   - item: the first item of the block.
  ///   - first: the rank that computed the block first.
  ///   - second: the rank that computed it again.
  ///   - report: the report of the second rank.
  ///   - payload: the encoded value of the second rank.
  ///   - value: the value of the first rank.
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

  /// Returns a text for the second rank's result; nil if it is the same.
  private func found(
    _ report: ChunkReport, _ payload: UnsafeRawBufferPointer?, _ value: UnsafeBufferPointer<Value>
  ) -> String? {
    if let failure = report.failures.first {
      // If items are retried, they may throw now and then.
      guard case .itemThrew(let thrown) = failure.error as? SeppoError, call.options.retries == 0,
        StopSignal.current == nil
      else { return nil }
      return "an error (\(thrown.type): \(thrown.description))"
    }
    guard report.completed == 1, let payload else { return nil }
    return withUnsafeTemporaryAllocation(of: Value.self, capacity: 1) { buffer in
      let (done, unreadable) = Items.read(buffer, from: payload)
      defer { UnsafeMutableBufferPointer(rebasing: buffer[..<done]).deinitialize() }
      if let unreadable { return "a result that can't be read: \(unreadable.reason)" }
      return AnyValue.areSame(value[0], buffer[0]) ? nil : AnyValue.text(buffer[0], atMost: 80)
    }
  }
}
