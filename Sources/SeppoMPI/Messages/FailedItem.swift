import SeppoEngine

/// An item's error as ranks tell it to each other, and as it is kept until the call's end.
@usableFromInline
struct FailedItem: Codable, Sendable {
  let index: Int
  let error: SeppoError

  init(index: Int, error: SeppoError) {
    self.index = index
    self.error = error
  }

  /// Nil for an error that isn't Seppo's own: there is none such.
  init?(_ failure: ItemFailure) {
    guard let error = failure.error as? SeppoError else { return nil }
    self.init(index: failure.index, error: error)
  }

  func after(tries: Int) -> FailedItem { FailedItem(index: index, error: error.after(tries: tries)) }
}
