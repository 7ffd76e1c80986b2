import SeppoEngine

/// A failed item and its error, as it is sent between ranks and kept until the end of the call.
@usableFromInline
struct FailedItem: Codable, Sendable {
  let index: Int
  let error: SeppoError

  init(index: Int, error: SeppoError) {
    self.index = index
    self.error = error
  }

  /// Returns nil for an error that isn't a `SeppoError`, which doesn't occur.
  init?(_ failure: ItemFailure) {
    guard let error = failure.error as? SeppoError else { return nil }
    self.init(index: failure.index, error: error)
  }

  func after(tries: Int) -> FailedItem { FailedItem(index: index, error: error.after(tries: tries)) }
}
