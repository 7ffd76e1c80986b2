/// Rank 0's items in a call.
@usableFromInline
enum CallItems<Element> {
  /// All there at the start.
  case all(Elements<Element>)
  /// Drawn from a sequence while the call runs.
  case drawn(() -> Element?)
  /// From elsewhere, while the call runs.
  case fed(any ItemFeed<Element>)

  /// The error with which the items have ended, if they can end so.
  var thrown: (any Error)? { if case .fed(let feed) = self { feed.thrown } else { nil } }

  /// All items; nil if some may come while the call runs.
  var all: Elements<Element>? { if case .all(let elements) = self { elements } else { nil } }
}
