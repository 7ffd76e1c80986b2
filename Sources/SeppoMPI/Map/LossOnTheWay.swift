import SeppoWire

/// Finds types that lose something when they are encoded and decoded, where only one rank is, and nothing travels: on
/// several ranks `f` would get other items.
enum LossOnTheWay {
  #if DEBUG
    static let isLookedFor = true
  #else
    static let isLookedFor = false
  #endif

  /// Returns what is other in the item after a round trip, as a sentence; nil where nothing is, or the item can't make it.
  ///
  /// Equatable values are compared by `==`; others, and those that aren't equal, by what their mirrors show. (Not a number
  /// isn't equal to itself, and no loss.)
  static func sentence<Item: Codable>(_ item: Item) -> String? {
    guard let back = roundTrip(item), !isEqual(item, back) else { return nil }
    guard let (path, here, there) = difference(item, back, at: "") else { return nil }
    let name = String(describing: Item.self)
    return "\(name) loses something on its way to another rank: \(path) is \(here) here and \(there) there"
  }

  private static func roundTrip<Item: Codable>(_ item: Item) -> Item? {
    // What nests deeper isn't compared: neither `==` nor a mirror looks at the stack that is left.
    let writer = _WireWriter(deepest: 400)
    let room = UnsafeMutableBufferPointer<Item>.allocate(capacity: 1)
    defer { room.deallocate() }
    guard
      (try? withUnsafePointer(to: item, { try Items.write(UnsafeBufferPointer(start: $0, count: 1), to: writer) }))
        != nil,
      Items.read(room, from: UnsafeRawBufferPointer(writer.bytes)).done == 1
    else { return nil }
    return room.moveElement(from: 0)
  }

  private static func isEqual<Item>(_ item: Item, _ back: Item) -> Bool {
    (item as? any Equatable).map { areEqual($0, back) } ?? false
  }

  private static func areEqual<Value: Equatable>(_ value: Value, _ other: Any) -> Bool { value == other as? Value }

  /// The first place at which they differ, and what is there.
  private static func difference(_ item: Any, _ back: Any, at path: String) -> (String, String, String)? {
    let (mine, theirs) = (Mirror(reflecting: item), Mirror(reflecting: back))
    let found = (path.isEmpty ? "it" : path, short(item), short(back))
    if mine.children.isEmpty || theirs.children.isEmpty {
      if mine.children.count != theirs.children.count { return found }
      return "\(item)" == "\(back)" ? nil : found
    }
    // Their order means nothing.
    if mine.displayStyle == .set || mine.displayStyle == .dictionary {
      return (item as? any Equatable).map { areEqual($0, back) } == false ? found : nil
    }
    if mine.children.count != theirs.children.count { return found }
    for (place, (own, other)) in zip(mine.children, theirs.children).enumerated() {
      let name = own.label ?? "[\(place)]"
      let inside = path.isEmpty || name.hasPrefix("[") ? path + name : "\(path).\(name)"
      if let difference = difference(own.value, other.value, at: inside) { return difference }
    }
    return nil
  }

  private static func short(_ value: Any) -> String {
    let text = String(describing: value)
    return text.count > 40 ? text.prefix(40) + "…" : text
  }
}
