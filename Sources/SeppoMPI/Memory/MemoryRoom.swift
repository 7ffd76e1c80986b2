/// What is left of a limit on memory.
struct MemoryRoom: Equatable {
  /// So many bytes may still be taken.
  let bytes: Int
  /// Whose limit it is, as a sentence says it.
  let limit: String
  /// Whether the ranks of this machine take from it together.
  let isShared: Bool

  /// Fewer bytes aren't worth a look.
  static let worthALook = 1 << 26
  /// What MPI, small messages and the program itself may take meanwhile.
  static let slack = 1 << 25
  /// What the system's allocator may add. Where a job would be ended, no more than this is asked for.
  static let rounding = 1 << 20

  init(bytes: Int, limit: String, isShared: Bool) {
    self.bytes = max(0, bytes)
    self.limit = limit
    self.isShared = isShared
  }
}

/// Memory that is needed, and isn't there.
struct MemoryShortage: Equatable {
  let needed: Int
  let available: Int
  let limit: String
  /// So many ranks of this machine need it together.
  let ranks: Int
}

extension SeppoError {
  init(_ shortage: MemoryShortage, of what: String, rank: Int, host: String, place: Place) {
    self = .notEnoughMemory(
      what: what, needed: shortage.needed, available: shortage.available, limit: shortage.limit, ranks: shortage.ranks,
      rank: rank, host: host, place: place.text)
  }
}

extension Int {
  /// The largest number there is, where the sum is larger.
  func plus(_ other: Int) -> Int {
    let (sum, isTooLarge) = addingReportingOverflow(other)
    return isTooLarge ? .max : sum
  }

  /// The largest number there is, where the product is larger.
  func times(_ other: Int) -> Int {
    let (product, isTooLarge) = multipliedReportingOverflow(by: other)
    return isTooLarge ? .max : product
  }
}
