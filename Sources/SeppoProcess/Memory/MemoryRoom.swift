/// What is left of a limit on memory.
package struct MemoryRoom: Equatable {
  /// So many bytes may still be taken.
  package let bytes: Int
  /// Whose limit it is, as a sentence says it.
  package let limit: String
  /// Whether the ranks of this machine take from it together.
  package let isShared: Bool

  /// Fewer bytes aren't worth a look.
  package static let worthALook = 1 << 26
  /// What MPI, small messages and the program itself may take meanwhile.
  package static let slack = 1 << 25
  /// What the system's allocator may add. Where a job would be ended, no more than this is asked for.
  package static let rounding = 1 << 20

  package init(bytes: Int, limit: String, isShared: Bool) {
    self.bytes = max(0, bytes)
    self.limit = limit
    self.isShared = isShared
  }
}

/// Memory that is needed, and isn't there.
package struct MemoryShortage: Equatable {
  package let needed: Int
  package let available: Int
  package let limit: String
  /// So many ranks of this machine need it together.
  package let ranks: Int

  package init(needed: Int, available: Int, limit: String, ranks: Int) {
    self.needed = needed
    self.available = available
    self.limit = limit
    self.ranks = ranks
  }
}
