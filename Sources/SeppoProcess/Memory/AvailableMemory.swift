/// The memory that is still available under a limit.
package struct AvailableMemory: Equatable {
  package let bytes: Int
  /// The limit's name, for messages.
  package let limit: String
  /// Whether the limit applies to all ranks of this machine together.
  package let isShared: Bool

  /// The smallest allocation whose size is checked, in bytes.
  package static let leastChecked = 1 << 26
  /// The bytes left for MPI, small messages and the program itself.
  package static let slack = 1 << 25
  /// The bytes that the system's allocator may add. Used as the slack where a shortage would end the job.
  package static let rounding = 1 << 20

  package init(bytes: Int, limit: String, isShared: Bool) {
    self.bytes = max(0, bytes)
    self.limit = limit
    self.isShared = isShared
  }
}

/// More memory is needed than is available.
package struct MemoryShortage: Equatable {
  package let needed: Int
  package let available: Int
  package let limit: String
  /// The number of ranks on this machine that need it together.
  package let ranks: Int

  package init(needed: Int, available: Int, limit: String, ranks: Int) {
    self.needed = needed
    self.available = available
    self.limit = limit
    self.ranks = ranks
  }
}
