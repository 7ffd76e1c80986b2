/// Ranks wait for the others before they get items: in the first map from a line, so that none is computed where the ranks'
/// items differ, and in a job's first call. (In every call it would double what a short one takes.)
///
/// Processes start up to some tenths of a second apart. Without this, the rank that starts first may compute all items of a
/// short map: that is no faster, as all ranks meet at the job's end, and it looks as if the others did not work. A long
/// map loses at most `longest`.
struct JointStart {
  /// Nanoseconds.
  static let longest = 250_000_000

  private var waiting: [(rank: Int, threads: Int)]
  /// When the wait ends at the latest; nil where it is over.
  private var deadline: Int?

  /// - Parameters:
  ///   - root: rank 0's compute threads.
  ///   - now: nanoseconds, as all times here.
  init(root threads: Int, waits: Bool, at now: Int) {
    waiting = [(0, threads)]
    deadline = waits ? now + JointStart.longest : nil
  }

  /// Returns the ranks that get items from now on.
  mutating func ready(_ newcomers: [(rank: Int, threads: Int)], areAllHere: Bool, at now: Int) -> [(
    rank: Int, threads: Int
  )] {
    waiting += newcomers
    if let deadline, !areAllHere, now < deadline { return [] }
    deadline = nil
    defer { waiting = [] }
    return waiting
  }
}
