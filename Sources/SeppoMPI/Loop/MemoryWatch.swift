import SeppoEngine
import SeppoProcess

/// Checks whether the values of a call fit into this rank's memory, before the call starts and as they arrive.
struct MemoryWatch<Element: Codable & Sendable, Value: Codable & Sendable> {
  private let call: MapCall<Element, Value>
  private let count: Int
  private var memory: ResultMemory
  /// Whether the check is off: values aren't stored, or an item has failed, so that the rest won't arrive.
  var isOff = false
  /// The growth of this process, from which the size of values is estimated if their bytes aren't counted.
  private var growth: ResidentGrowth?

  /// - Parameters:
  ///   - others: the number of other ranks on this machine that get the values too.
  ///   - seesGrowth: whether the process's growth is caused by this call.
  init(_ call: MapCall<Element, Value>, _ count: Int, others: Int = 0, seesGrowth: Bool) {
    self.call = call
    self.count = count
    // If failures are kept, the values are copied into an array of `Result`.
    let extra = call.verb.keepsFailures ? MemoryLayout<Result<Value, SeppoError>>.stride : 0
    memory = ResultMemory(
      count: count, stride: MemoryLayout<Value>.stride, extra: extra, keepsCoded: call.encodesValues, others: others,
      ranks: call.job.size, limits: call.job.limits)
    growth = seesGrowth && !call.valuesAreMemory ? ResidentGrowth() : nil
  }

  /// Returns the shortage before anything is computed.
  func shortageAtStart() -> SeppoError? { isOff ? nil : memory.shortageAtStart().map { error($0) } }

  /// Returns the shortage when all values are here, before the other ranks on this machine get them.
  func shortageOfCopies(_ count: Int) -> SeppoError? { isOff ? nil : memory.shortageOfCopies(count).map { error($0) } }

  /// Adds values that have been computed, or have arrived and are about to be decoded.
  ///
  /// - Parameters:
  ///   - bytes: their encoded size; nil if it isn't known.
  ///   - isMessage: whether further messages of this size may be on their way.
  /// - Returns: the shortage if the remaining values won't fit.
  mutating func add(_ values: Int, bytes: Int? = nil, isMessage: Bool = false) -> SeppoError? {
    if isOff || call.valuesAreMemory { return nil }
    var (values, bytes) = (values, bytes)
    if growth != nil {
      let limits = call.job.limits
      guard let sample = growth?.add(values, at: monotonicNanoseconds(), limits) else { return nil }
      (values, bytes) = sample
    }
    return memory.add(values, bytes: bytes, isMessage: isMessage).map { error($0, received: memory.received) }
  }

  private func error(_ shortage: MemoryShortage, received: Int? = nil) -> SeppoError {
    let progress = received.map { " (\($0) \($0 == 1 ? "has" : "have") arrived)" } ?? ""
    return SeppoError(
      shortage, of: "the results of all \(count) items\(progress)", rank: call.job.rank, host: call.job.host,
      place: call.place)
  }
}
