import SeppoEngine
import SeppoProcess

/// The options of a call as the engine wants them, checked when it is made.
struct CallOptions {
  private let given: ParallelOptions
  /// Nil where `SEPPO_THREADS` was to say it, and doesn't.
  private let wantedThreads: Int?
  private let place: Place
  /// Whether every rank has the items, so that they are compared with rank 0's.
  let areEverywhere: Bool

  /// - Parameter usualThreads: what `SEPPO_THREADS` says; nil where that is no number.
  init(_ given: ParallelOptions, areEverywhere: Bool, usualThreads: Int?, place: Place) {
    self.given = given
    self.areEverywhere = areEverywhere
    self.place = place
    wantedThreads = given.threads ?? usualThreads
  }

  var threads: Int { wantedThreads ?? 1 }
  var retries: Int { given.retries }
  /// In nanoseconds.
  var timeout: Int? { given.timeout?.inNanoseconds }
  var checkpoint: Checkpoint? { given.checkpoint }

  var rule: ChunkRule {
    switch given.chunk {
    case .automatic: .automatic
    // No chunk is longer, as no message of a count that fits 32 bits is.
    case .items(let count): .items(min(count, 1 << 31))
    }
  }

  func check() throws {
    if case .items(let count) = given.chunk, count < 1 {
      throw bad("chunk: .items(\(count))", "a chunk has at least one item")
    }
    guard let wantedThreads else {
      throw bad(
        "SEPPO_THREADS=\(Settings.text("SEPPO_THREADS") ?? "")",
        "it is the number of threads on which a rank computes, 1 to \(InFlightSlots.most)")
    }
    guard (1...InFlightSlots.most).contains(wantedThreads) else {
      throw bad(
        given.threads == nil ? "SEPPO_THREADS=\(wantedThreads)" : "threads: \(wantedThreads)",
        "a rank computes on at least one thread, and on \(InFlightSlots.most) at most")
    }
    if given.retries < 0 { throw bad("retries: \(given.retries)", "an item is tried again 0 times or more") }
    if let timeout = given.timeout, timeout <= .zero {
      throw bad("timeout: \(timeout)", "it must be more than 0")
    }
  }

  private func bad(_ name: String, _ reason: String) -> SeppoError {
    .badOption(.init(name: name, reason: reason, place: place.text))
  }
}
