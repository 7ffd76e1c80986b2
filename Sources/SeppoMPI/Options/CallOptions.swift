import SeppoEngine
import SeppoProcess

/// The options of a call, in the engine's terms. They are checked when the call is made.
struct CallOptions {
  private let given: ParallelOptions
  /// Nil if the default from `SEPPO_THREADS` is needed and isn't a number.
  private let wantedThreads: Int?
  private let place: Place
  /// Whether every rank has the items, so that they are compared with rank 0's.
  let areEverywhere: Bool

  /// - Parameter usualThreads: the default from `SEPPO_THREADS`; nil if it isn't a number.
  init(_ given: ParallelOptions, areEverywhere: Bool, usualThreads: Int?, place: Place) {
    self.given = given
    self.areEverywhere = areEverywhere
    self.place = place
    wantedThreads = given.threads ?? usualThreads
  }

  var threads: Int { wantedThreads ?? 1 }
  var retries: Int { given.retries }
  /// The timeout per item, in nanoseconds.
  var timeout: Int? { given.timeout?.inNanoseconds }
  var checkpoint: Checkpoint? { given.checkpoint }

  var rule: ChunkRule {
    switch given.chunk {
    case .automatic: .automatic
    // The count must fit into 32 bits.
    case .items(let count): .items(min(count, 1 << 31))
    }
  }

  func check() throws {
    if case .items(let count) = given.chunk, count < 1 {
      throw bad("chunk: .items(\(count))", "a chunk must have at least one item")
    }
    guard let wantedThreads else {
      throw bad(
        "SEPPO_THREADS=\(Settings.text("SEPPO_THREADS") ?? "")",
        "must be the number of compute threads per rank, 1 to \(InFlightSlots.capacity)")
    }
    guard (1...InFlightSlots.capacity).contains(wantedThreads) else {
      throw bad(
        given.threads == nil ? "SEPPO_THREADS=\(wantedThreads)" : "threads: \(wantedThreads)",
        "a rank must have 1 to \(InFlightSlots.capacity) compute threads")
    }
    if given.retries < 0 { throw bad("retries: \(given.retries)", "must be 0 or more") }
    if let timeout = given.timeout, timeout <= .zero {
      throw bad("timeout: \(timeout)", "must be more than 0")
    }
  }

  private func bad(_ name: String, _ reason: String) -> SeppoError {
    .badOption(.init(name: name, reason: reason, place: place.text))
  }
}
