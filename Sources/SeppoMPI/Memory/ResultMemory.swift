import SeppoProcess

/// An estimate of the memory that a map's results need on the rank that receives them. It detects early that the remaining
/// results won't fit.
///
/// The size of the values themselves is known in advance. The size of their contents (arrays, strings) is extrapolated from
/// the results received so far.
struct ResultMemory {
  private let limits: MemoryLimits
  private let count: Int
  private let stride: Int
  /// The additional bytes per result at the end of the call.
  private let extra: Int
  /// Whether the encoded bytes are kept, for the broadcast.
  private let keepsCoded: Bool
  /// The number of other ranks on this machine that get all results.
  private let others: Int
  /// The number of ranks that compute results.
  private let ranks: Int

  /// The number of received results whose size is known.
  private var items = 0
  /// Their encoded size, in bytes.
  private var coded = 0
  /// The number of received results whose size isn't known.
  private var uncounted = 0
  /// The size of the largest message, in bytes.
  private var largest = 0
  private var bytesSinceCheck = 0
  private var checkInterval = ResultMemory.shortestInterval

  /// The received bytes before the first check, and between checks if little memory is available.
  static let shortestInterval = 1 << 23

  /// - Parameters:
  ///   - count: the number of results.
  ///   - stride: the size of a value without its contents, in bytes.
  ///   - extra: the additional bytes per result at the end of the call.
  ///   - keepsCoded: whether the encoded bytes are kept, for the broadcast.
  ///   - others: the number of other ranks on this machine that get all results.
  ///   - ranks: the number of ranks that compute results.
  init(
    count: Int, stride: Int, extra: Int = 0, keepsCoded: Bool = false, others: Int = 0, ranks: Int = 1,
    limits: MemoryLimits
  ) {
    self.limits = limits
    self.count = count
    self.stride = stride
    self.extra = extra
    self.keepsCoded = keepsCoded
    self.others = others
    self.ranks = ranks
  }

  /// Returns the shortage before anything is computed.
  func shortageAtStart() -> MemoryShortage? {
    let needed = count.times(stride.plus(extra))
    return limits.shortage(own: needed, shared: needed.times(others + 1), ranks: others + 1)
  }

  /// Returns the shortage when all results are here, before the other ranks on this machine get them.
  ///
  /// - Parameter count: the number of results, without failed items.
  func shortageOfCopies(_ count: Int) -> MemoryShortage? {
    if others == 0 { return nil }
    let all = count.times(stride.plus(extra)).plus(ResultMemory.contents(coded, items, stride))
    return limits.shortage(own: 0, shared: all.times(others), ranks: others + 1)
  }

  /// Adds results that have arrived and are about to be decoded.
  ///
  /// - Parameters:
  ///   - bytes: their encoded size; nil if it isn't known.
  ///   - isMessage: whether further messages of this size may be on their way.
  /// - Returns: the shortage if the remaining results won't fit.
  mutating func add(_ items: Int, bytes: Int?, isMessage: Bool = true) -> MemoryShortage? {
    guard let bytes else {
      uncounted += items
      return nil
    }
    self.items += items
    coded += bytes
    if isMessage { largest = max(largest, bytes) }
    bytesSinceCheck += bytes
    return bytesSinceCheck < checkInterval ? nil : check(undecoded: items)
  }

  /// - Parameter undecoded: the number of received results that are still to be decoded.
  private mutating func check(undecoded: Int) -> MemoryShortage? {
    bytesSinceCheck = 0
    let rest = contents(of: count - items - uncounted + undecoded)
    // The bytes that may arrive before the next check. The system's allocator takes address space 64 MiB at a time.
    let next = (2 * AvailableMemory.leastChecked).plus(largest.times(ranks + 3))
    let (short, least) = limits.tightest { available in
      // Don't give up before the memory is needed: other processes may free some.
      (available.bytes < next && rest > available.bytes) || (available.isShared && copies > available.bytes)
    }
    checkInterval = max(ResultMemory.shortestInterval / 2, min(AvailableMemory.leastChecked, least / 16))
    guard let short else { return nil }
    let own = count.times(stride).plus(contents(of: count))
    let isTogether = short.isShared && others > 0
    return MemoryShortage(
      needed: isTogether ? own.plus(Int(min(Double(copies) / Double(items) * Double(count), 0x1p62))) : own,
      available: short.bytes, limit: short.limit, ranks: isTogether ? others + 1 : 1)
  }

  /// Returns the estimated bytes of this number of results, without the values themselves.
  private func contents(of count: Int) -> Int {
    let current = ResultMemory.contents(coded, items, stride) + (keepsCoded ? coded : 0)
    return Int(min(Double(current) / Double(max(1, items)) * Double(max(0, count)), 0x1p62))
  }

  /// The number of received results.
  var received: Int { items + uncounted }

  /// The memory that the received results need on the other ranks of this machine, in bytes.
  private var copies: Int { items.times(stride).plus(ResultMemory.contents(coded, items, stride)).times(others) }

  /// Returns the estimated bytes that values hold outside of themselves. It is based on their encoded size: the encoding of the
  /// values themselves is hardly ever longer than twice their size.
  static func contents(_ coded: Int, _ items: Int, _ stride: Int) -> Int {
    max(0, coded - items.times(stride).times(2))
  }
}
