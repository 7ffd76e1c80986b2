import SeppoProcess

/// What a map's results take where they come in: tells when the rest can't follow.
///
/// The results themselves are known beforehand to the byte; what they hold (arrays, strings) is not, and what has come says
/// how much the rest may be.
struct ResultMemory {
  private let limits: MemoryLimits
  private let count: Int
  private let stride: Int
  /// What comes on top for each, at the end.
  private let extra: Int
  /// Whether their bytes are kept as they came, to be broadcast.
  private let keepsCoded: Bool
  /// So many other ranks of this machine get them all.
  private let others: Int
  /// So many compute them.
  private let ranks: Int

  /// The results that have come, and their bytes.
  private var items = 0
  private var coded = 0
  /// Results that have come besides, and whose bytes nobody has counted.
  private var uncounted = 0
  /// The most that came at once.
  private var largest = 0
  private var unlooked = 0
  private var pace = ResultMemory.shortestPace

  /// After so many bytes it is looked for the first time, and where little is left.
  static let shortestPace = 1 << 23

  /// - Parameters:
  ///   - count: how many there will be.
  ///   - stride: bytes of each, without what it holds.
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

  /// Before anything is computed.
  func shortageAtStart() -> MemoryShortage? {
    let needed = count.times(stride.plus(extra))
    return limits.shortage(own: needed, shared: needed.times(others + 1), ranks: others + 1)
  }

  /// When so many are here, which is all, and the other ranks of this machine are to get them.
  func shortageOfCopies(_ count: Int) -> MemoryShortage? {
    if others == 0 { return nil }
    let all = count.times(stride.plus(extra)).plus(ResultMemory.held(coded, items, stride))
    return limits.shortage(own: 0, shared: all.times(others), ranks: others + 1)
  }

  /// Results have come, and are about to be decoded.
  ///
  /// - Parameters:
  ///   - bytes: as they came, or were encoded; nil where that isn't known.
  ///   - isMessage: whether more of that size may be on their way.
  mutating func came(_ items: Int, bytes: Int?, isMessage: Bool = true) -> MemoryShortage? {
    guard let bytes else {
      uncounted += items
      return nil
    }
    self.items += items
    coded += bytes
    if isMessage { largest = max(largest, bytes) }
    unlooked += bytes
    return unlooked < pace ? nil : look(last: items)
  }

  /// - Parameter last: so many of those that have come are still to be decoded.
  private mutating func look(last: Int) -> MemoryShortage? {
    unlooked = 0
    let rest = each(times: count - items - uncounted + last)
    // So much may come before the next look; the system's allocator takes address space 64 MiB at a time.
    let next = (2 * MemoryRoom.worthALook).plus(largest.times(ranks + 3))
    let (room, least) = limits.tightest { room in
      // Until it is needed, others may let go of theirs.
      (room.bytes < next && rest > room.bytes) || (room.isShared && copies > room.bytes)
    }
    pace = max(ResultMemory.shortestPace / 2, min(MemoryRoom.worthALook, least / 16))
    guard let room else { return nil }
    let own = count.times(stride).plus(each(times: count))
    let isTogether = room.isShared && others > 0
    return MemoryShortage(
      needed: isTogether ? own.plus(Int(min(Double(copies) / Double(items) * Double(count), 0x1p62))) : own,
      available: room.bytes, limit: room.limit, ranks: isTogether ? others + 1 : 1)
  }

  /// Bytes that so many take here, besides those of the values themselves.
  private func each(times count: Int) -> Int {
    let here = ResultMemory.held(coded, items, stride) + (keepsCoded ? coded : 0)
    return Int(min(Double(here) / Double(max(1, items)) * Double(max(0, count)), 0x1p62))
  }

  /// How many are here.
  var here: Int { items + uncounted }

  /// What all that have come take on the other ranks of this machine.
  private var copies: Int { items.times(stride).plus(ResultMemory.held(coded, items, stride)).times(others) }

  /// What values hold, by the length of their bytes: of what stands within the values themselves, hardly more than twice
  /// as much is written.
  static func held(_ coded: Int, _ items: Int, _ stride: Int) -> Int { max(0, coded - items.times(stride).times(2)) }
}
