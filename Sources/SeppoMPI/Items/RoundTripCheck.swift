import SeppoProcess
import SeppoWire
import Synchronization

/// Finds types that lose data when they are encoded and decoded. On several ranks, `f` would get items without this data, and
/// results would arrive without it, unlike with `map`.
///
/// Debug builds check the first items and results of each call site; `SEPPO_CHECK=1` checks all calls. Each type is reported
/// once.
final class RoundTripCheck: Sendable {
  private struct Site: Hashable {
    let type: ObjectIdentifier
    let isResult: Bool
    let file: UInt
    let line: UInt
  }

  private let checkedSites = Mutex<Set<Site>>([])
  private let reportedTypes = Mutex<Set<ObjectIdentifier>>([])
  private let checksAlways: Bool
  #if DEBUG
    private static let isDebug = true
  #else
    private static let isDebug = false
  #endif

  /// - Parameter checksAlways: whether every call is checked, in every build.
  init(checksAlways: Bool) { self.checksAlways = checksAlways }

  /// Checks items or results, at most 64 of them.
  ///
  /// - Parameter first: the index of the first item.
  func check<Value: Codable>(
    _ values: UnsafeBufferPointer<Value>, from first: Int = 0, areResults: Bool, _ place: Place
  ) {
    guard checksAlways || RoundTripCheck.isDebug, !Items.haveOwnForm(Value.self), !values.isEmpty else { return }
    let type = ObjectIdentifier(Value.self)
    let site = Site(
      type: type, isResult: areResults, file: UInt(bitPattern: place.fileID.utf8Start), line: place.line)
    guard checkedSites.withLock({ $0.insert(site).inserted }) || checksAlways,
      !reportedTypes.withLock({ $0.contains(type) })
    else { return }
    for index in ItemSample.places(in: values.count) {
      guard let sentence = RoundTripCheck.sentence(values[index]) else { continue }
      guard reportedTypes.withLock({ $0.insert(type).inserted }) else { return }
      let consequence =
        areResults
        ? "On several ranks results arrive without this data: encode it too"
        : "On several ranks f gets items without this data: encode it too, or compute it in f"
      Console.write(
        "Seppo: \(sentence). \(consequence) [\(areResults ? "result of item" : "item") \(first + index), mapped at \(place.text)]"
      )
      return
    }
  }

  /// Returns a sentence with the first difference after a round trip; nil if there is none, or if the item can't be encoded and
  /// decoded.
  ///
  /// Equatable values are compared with `==`. Values that aren't equatable or equal are compared by their mirrors. (NaN isn't
  /// equal to itself, but its mirror is the same.)
  static func sentence<Item: Codable>(_ item: Item) -> String? {
    guard let decoded = roundTrip(item), AnyValue.areEqual(item, decoded) != true else { return nil }
    guard let (path, before, after) = difference(item, decoded, at: "") else { return nil }
    let name = String(describing: Item.self)
    return "\(name) loses data when it is sent to another rank: \(path) is \(before) before and \(after) after"
  }

  private static func roundTrip<Item: Codable>(_ item: Item) -> Item? {
    // Deeper values aren't compared: neither `==` nor `Mirror` checks how much stack is left.
    let writer = WireWriter(maxDepth: 400)
    let buffer = UnsafeMutableBufferPointer<Item>.allocate(capacity: 1)
    defer { buffer.deallocate() }
    guard
      (try? withUnsafePointer(to: item, { try Items.write(UnsafeBufferPointer(start: $0, count: 1), to: writer) }))
        != nil,
      Items.read(buffer, from: UnsafeRawBufferPointer(writer.bytes)).done == 1
    else { return nil }
    return buffer.moveElement(from: 0)
  }

  /// Returns the path of the first difference, and the two values there.
  private static func difference(_ item: Any, _ decoded: Any, at path: String) -> (String, String, String)? {
    let (original, copy) = (Mirror(reflecting: item), Mirror(reflecting: decoded))
    let found = (path.isEmpty ? "it" : path, short(item), short(decoded))
    if original.children.isEmpty || copy.children.isEmpty {
      if original.children.count != copy.children.count { return found }
      return "\(item)" == "\(decoded)" ? nil : found
    }
    // Ignore the order of elements. Values such as NaN, which aren't equal to themselves, have the same description.
    if original.displayStyle == .set || original.displayStyle == .dictionary {
      return AnyValue.areEqual(item, decoded) != false || elements(original) == elements(copy) ? nil : found
    }
    if original.children.count != copy.children.count { return found }
    for (place, (own, other)) in zip(original.children, copy.children).enumerated() {
      let name = own.label ?? "[\(place)]"
      let inside = path.isEmpty || name.hasPrefix("[") ? path + name : "\(path).\(name)"
      if let difference = difference(own.value, other.value, at: inside) { return difference }
    }
    return nil
  }

  private static func elements(_ mirror: Mirror) -> [String] { mirror.children.map { "\($0.value)" }.sorted() }

  private static func short(_ value: Any) -> String { AnyValue.text(value, atMost: 40) }
}
