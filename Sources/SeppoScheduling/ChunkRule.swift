/// How many items travel together.
package enum ChunkRule: Sendable, Equatable {
  /// Guided self-scheduling: each chunk is a fixed share of what remains, so that chunks are large at first, where they
  /// save messages, and small at the end, where they even it out.
  ///
  /// C. D. Polychronopoulos, D. J. Kuck, "Guided Self-Scheduling: A Practical Scheduling Scheme for Parallel
  /// Supercomputers", IEEE Transactions on Computers C-36 (12), 1987. There the share is 1/P of what remains; here it
  /// is 1/(4P), which bears items of uneven length better for a few more messages.
  case guided
  /// So many items each, the last one fewer.
  case items(Int)

  /// The next chunk's size, in items.
  ///
  /// - Parameters:
  ///   - remaining: items not handed out yet, 1 or more.
  ///   - threads: compute threads of all ranks together, 1 or more.
  func size(remaining: Int, threads: Int) -> Int {
    switch self {
    case .guided:
      // Rounded down: the end is dealt out singly.
      max(1, remaining / 4 / threads)
    case .items(let count): min(max(1, count), remaining)
    }
  }
}
