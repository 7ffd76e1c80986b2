/// An item's error as ranks tell it to each other, and as it is kept until the map's end.
@usableFromInline
struct FailedItem: Codable, Sendable {
  let index: Int
  let error: SeppoError
}
