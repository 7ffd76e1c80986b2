/// An item that is a tuple. Tuples conform to no protocol, so that they can't be sent themselves.
public protocol _TupleItem: Codable, Sendable {
  /// The tuple as `f` gets it.
  associatedtype Tuple

  var tuple: Tuple { get }
  /// Whether arrays of these items are sent as their memory.
  static var areMemory: Bool { get }
  /// Whether Seppo encodes all parts itself, so that no round trip loses data.
  static var haveOwnForm: Bool { get }
  static var partTypes: [Any.Type] { get }
}

/// A tuple of parts that can be sent. It is encoded as the list of its parts.
@frozen
public struct _Tuple<each Part: Codable & Sendable>: _TupleItem {
  public let tuple: (repeat each Part)

  @inlinable
  public init(_ tuple: (repeat each Part)) { self.tuple = tuple }

  public init(from decoder: any Decoder) throws {
    var parts = try decoder.unkeyedContainer()
    tuple = (repeat try parts.decode((each Part).self))
  }

  public func encode(to encoder: any Encoder) throws {
    var parts = encoder.unkeyedContainer()
    repeat try parts.encode(each tuple)
  }

  public static var areMemory: Bool { _Tuple.partTypes.allSatisfy { Items.areMemory($0) } }
  public static var haveOwnForm: Bool { _Tuple.partTypes.allSatisfy { Items.haveOwnForm($0) } }

  public static var partTypes: [Any.Type] {
    var types: [Any.Type] = []
    repeat types.append((each Part).self)
    return types
  }
}

/// An element of `enumerated()`, with the labels of its parts.
@frozen
public struct _Enumerated<Element: Codable & Sendable>: _TupleItem {
  public let tuple: (offset: Int, element: Element)

  @inlinable
  public init(_ tuple: (offset: Int, element: Element)) { self.tuple = tuple }

  public init(from decoder: any Decoder) throws { tuple = try _Tuple<Int, Element>(from: decoder).tuple }

  public func encode(to encoder: any Encoder) throws { try _Tuple<Int, Element>(tuple).encode(to: encoder) }

  public static var areMemory: Bool { _Tuple<Int, Element>.areMemory }
  public static var haveOwnForm: Bool { _Tuple<Int, Element>.haveOwnForm }
  public static var partTypes: [Any.Type] { [Int.self, Element.self] }
}

/// An element of a sorted dictionary, with the labels of its parts.
@frozen
public struct _Entry<Key: Codable & Sendable, Value: Codable & Sendable>: _TupleItem {
  public let tuple: (key: Key, value: Value)

  @inlinable
  public init(_ tuple: (key: Key, value: Value)) { self.tuple = tuple }

  public init(from decoder: any Decoder) throws { tuple = try _Tuple<Key, Value>(from: decoder).tuple }

  public func encode(to encoder: any Encoder) throws { try _Tuple<Key, Value>(tuple).encode(to: encoder) }

  public static var areMemory: Bool { _Tuple<Key, Value>.areMemory }
  public static var haveOwnForm: Bool { _Tuple<Key, Value>.haveOwnForm }
  public static var partTypes: [Any.Type] { [Key.self, Value.self] }
}

// For messages.
extension _Tuple: CustomStringConvertible {
  public var description: String { String(describing: tuple) }
}

extension _Enumerated: CustomStringConvertible {
  public var description: String { String(describing: tuple) }
}

extension _Entry: CustomStringConvertible {
  public var description: String { String(describing: tuple) }
}
