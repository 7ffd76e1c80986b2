/// The items of a rank other than 0, which are compared with rank 0's.
@usableFromInline
enum OwnItems<Element> {
  case elements(Elements<Element>)
  /// Of a collection that is neither contiguous nor an arithmetic progression.
  case sample(ItemSample)
}

extension OwnItems where Element: Encodable {
  var sample: ItemSample {
    switch self {
    case .elements(let elements): ItemSample(elements)
    case .sample(let sample): sample
    }
  }

  /// Returns whether the call in shared memory has these items. False if that can't be known there.
  func areThose(in area: SharedArea) -> Bool {
    if case .elements(let elements) = self, area.hasItems(elements) { return true }
    return area.hasSample(sample, of: Element.self)
  }
}
