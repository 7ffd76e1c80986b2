import SeppoProcess
import SeppoWire
import Synchronization

/// Finds types that lose something when they are encoded and decoded: on several ranks `f` gets items without it, and
/// results come back without it, which `map` wouldn't do. That is told once for each type, while programs are made: in
/// builds for debugging, where a line's first items and results are looked at, and with `SEPPO_CHECK=1`.
final class RoundTripCheck: Sendable {
  private struct Look: Hashable {
    let type: ObjectIdentifier
    let isResult: Bool
    let file: UInt
    let line: UInt
  }

  private let looks = Mutex<Set<Look>>([])
  private let told = Mutex<Set<ObjectIdentifier>>([])
  private let looksAlways: Bool
  #if DEBUG
    private static let isDebug = true
  #else
    private static let isDebug = false
  #endif

  /// - Parameter looksAlways: at each call, in every build.
  init(looksAlways: Bool) { self.looksAlways = looksAlways }

  /// Looks at items or results, at most 64 of them.
  ///
  /// - Parameter first: the index of the first one's item.
  func look<Value: Codable>(
    at values: UnsafeBufferPointer<Value>, from first: Int = 0, areResults: Bool, _ place: Place
  ) {
    guard looksAlways || RoundTripCheck.isDebug, !Items.haveOwnForm(Value.self), !values.isEmpty else { return }
    let type = ObjectIdentifier(Value.self)
    let look = Look(
      type: type, isResult: areResults, file: UInt(bitPattern: place.fileID.utf8Start), line: place.line)
    guard looks.withLock({ $0.insert(look).inserted }) || looksAlways, !told.withLock({ $0.contains(type) }) else {
      return
    }
    for index in ItemSample.places(in: values.count) {
      guard let sentence = RoundTripCheck.sentence(values[index]) else { continue }
      guard told.withLock({ $0.insert(type).inserted }) else { return }
      let consequence =
        areResults
        ? "On several ranks results come back without it: encode it too"
        : "On several ranks f gets items without it: encode it too, or make it in f"
      Console.write(
        "Seppo: \(sentence). \(consequence) [\(areResults ? "result of item" : "item") \(first + index), mapped at \(place.text)]"
      )
      return
    }
  }

  /// Returns what is other in the item after a round trip, as a sentence; nil where nothing is, or the item can't make it.
  ///
  /// Equatable values are compared by `==`; others, and those that aren't equal, by what their mirrors show. (Not a number
  /// isn't equal to itself, and no loss.)
  static func sentence<Item: Codable>(_ item: Item) -> String? {
    guard let back = roundTrip(item), AnyValue.areEqual(item, back) != true else { return nil }
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

  /// The first place at which they differ, and what is there.
  private static func difference(_ item: Any, _ back: Any, at path: String) -> (String, String, String)? {
    let (mine, theirs) = (Mirror(reflecting: item), Mirror(reflecting: back))
    let found = (path.isEmpty ? "it" : path, short(item), short(back))
    if mine.children.isEmpty || theirs.children.isEmpty {
      if mine.children.count != theirs.children.count { return found }
      return "\(item)" == "\(back)" ? nil : found
    }
    // Their order means nothing; and what isn't equal to itself looks the same.
    if mine.displayStyle == .set || mine.displayStyle == .dictionary {
      return AnyValue.areEqual(item, back) != false || elements(mine) == elements(theirs) ? nil : found
    }
    if mine.children.count != theirs.children.count { return found }
    for (place, (own, other)) in zip(mine.children, theirs.children).enumerated() {
      let name = own.label ?? "[\(place)]"
      let inside = path.isEmpty || name.hasPrefix("[") ? path + name : "\(path).\(name)"
      if let difference = difference(own.value, other.value, at: inside) { return difference }
    }
    return nil
  }

  private static func elements(_ mirror: Mirror) -> [String] { mirror.children.map { "\($0.value)" }.sorted() }

  private static func short(_ value: Any) -> String { AnyValue.text(value, atMost: 40) }
}
