import SeppoEngine
import SeppoProcess

/// Whether the values of a call will fit on this rank, looked at before it begins, and as they come.
struct MemoryWatch<Element: Codable & Sendable, Value: Codable & Sendable> {
  private let call: MapCall<Element, Value>
  private let count: Int
  private var memory: ResultMemory
  /// Nothing is looked at where values don't stay, nor once something has failed: then the rest won't come.
  var isOff = false
  /// Where nobody counts the bytes of values, this process's own growth says how large they are.
  private var growth: ResidentGrowth?

  /// - Parameters:
  ///   - others: this number of other ranks of this machine gets the values too.
  ///   - seesGrowth: whether what the process grows by is this call's.
  init(_ call: MapCall<Element, Value>, _ count: Int, others: Int = 0, seesGrowth: Bool) {
    self.call = call
    self.count = count
    // Where errors are kept, values are copied among them.
    let extra = call.verb.keepsFailures ? MemoryLayout<Result<Value, SeppoError>>.stride : 0
    memory = ResultMemory(
      count: count, stride: MemoryLayout<Value>.stride, extra: extra, keepsCoded: call.encodesValues, others: others,
      ranks: call.job.size, limits: call.job.limits)
    growth = seesGrowth && !call.valuesAreMemory ? ResidentGrowth() : nil
  }

  /// Before anything is computed.
  func shortageAtStart() -> SeppoError? { isOff ? nil : memory.shortageAtStart().map { error($0) } }

  /// When this number of values is here, which is all, and the other ranks of this machine are to get them.
  func shortageOfCopies(_ count: Int) -> SeppoError? { isOff ? nil : memory.shortageOfCopies(count).map { error($0) } }

  /// Values have come, or are about to be decoded.
  ///
  /// - Parameters:
  ///   - bytes: as they came, or were encoded; nil where that isn't known.
  ///   - isMessage: whether more of that size may be on their way.
  mutating func came(_ values: Int, bytes: Int? = nil, isMessage: Bool = false) -> SeppoError? {
    if isOff || call.valuesAreMemory { return nil }
    var (values, bytes) = (values, bytes)
    if growth != nil {
      let limits = call.job.limits
      guard let came = growth?.came(values, at: monotonicNanoseconds(), limits) else { return nil }
      (values, bytes) = came
    }
    return memory.came(values, bytes: bytes, isMessage: isMessage).map { error($0, here: memory.here) }
  }

  private func error(_ shortage: MemoryShortage, here: Int? = nil) -> SeppoError {
    let here = here.map { " (\($0) \($0 == 1 ? "is" : "are") here)" } ?? ""
    return SeppoError(
      shortage, of: "the results of all \(count) items\(here)", rank: call.job.rank, host: call.job.host,
      place: call.place)
  }
}
