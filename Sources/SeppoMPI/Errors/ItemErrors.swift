import SeppoProcess
import SeppoWire

/// Makes the errors of items that one rank computes.
struct ItemErrors: Sendable {
  let rank: Int
  let host: String
  let place: Place

  func threw(_ error: any Error, _ index: Int) -> SeppoError {
    if let failure = error as? ItemFailureError { return failure.error }
    return .itemThrew(ItemError(error, index: index, rank: rank, host: host, place: place.text))
  }

  func uncodable(_ error: WireError, _ index: Int) -> SeppoError {
    SeppoError(error, index: index, rank: rank, host: host, place: place)
  }

  /// - Parameter time: the time that the item may take, in nanoseconds.
  func timedOut(_ index: Int, after time: Int) -> SeppoError {
    .itemTimedOut(
      .init(index: index, rank: rank, host: host, timeout: Double(time) / 1e9, tries: 1, place: place.text))
  }

  /// - Parameters:
  ///   - others: the number of items after it that were computed together with it.
  ///   - end: how the process ended; nil if it runs, but what it has sent can't be read.
  func crashed(_ index: Int, others: Int, _ end: ChildProcess.End?) -> SeppoError {
    .itemCrashed(
      .init(
        index: index, others: others, signal: end?.signal, status: end?.status, lastLine: end?.lastLine ?? "",
        rank: rank,
        host: host, tries: 1, place: place.text))
  }

  func noProcess(_ error: ForkError) -> SeppoError {
    .noProcess(.init(rank: rank, host: host, reason: error.reason, place: place.text))
  }
}

/// An error that is already one of Seppo's, where `f` would throw.
struct ItemFailureError: Error {
  let error: SeppoError
}
