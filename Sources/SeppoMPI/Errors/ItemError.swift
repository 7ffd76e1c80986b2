import SeppoProcess
import SeppoWire

/// An error that `f` threw for an item.
public struct ItemError: Error, Sendable, Equatable, Codable {
  /// Its index in the collection that was mapped.
  public let index: Int
  /// The rank of the last try.
  public let rank: Int
  /// That rank's machine.
  public let host: String
  /// The type of the error that was thrown.
  public let type: String
  /// The `errorDescription` of the error, where it is a `LocalizedError` that has one; else its description.
  public let description: String
  /// The line of the program that called the map, as `#fileID:#line`.
  public let place: String
  /// The number of tries: 1 without `retries:`.
  public internal(set) var tries: Int
  /// The error itself, encoded, where it is `Codable`, and its type's full name.
  private let coded: [UInt8]?
  private let qualified: String

  init(_ thrown: any Error, index: Int, rank: Int, host: String, place: String) {
    self.index = index
    self.rank = rank
    self.host = host
    type = String(describing: Swift.type(of: thrown))
    qualified = ItemError.name(of: Swift.type(of: thrown))
    description = thrown.text
    self.place = place
    tries = 1
    coded = (thrown as? any Error & Codable).flatMap { ItemError.encode($0) }
  }

  /// Nil where it can't be encoded: its type and description still say what it was.
  private static func encode(_ thrown: some Error & Codable) -> [UInt8]? {
    guard let writer = try? SingleValue.encode(thrown) else { return nil }
    return withExtendedLifetime(writer) { Array(writer.bytes) }
  }

  /// Returns the type's name with its module and context. The context of a private or local type has no name but an address,
  /// which differs between processes; its distance to another type of the program doesn't.
  private static func name(of type: Any.Type) -> String {
    let name = String(reflecting: type)
    guard name.contains("(unknown context at ") else { return name }
    return name.replacing(/\(unknown context at \$([0-9a-f]+)\)/) { match in
      guard let address = UInt(match.1, radix: 16) else { return String(match.0) }
      return "(context \(address &- unsafeBitCast(ItemError.self as Any.Type, to: UInt.self)))"
    }
  }

  /// Returns the error that was thrown, where it is of this type; nil otherwise. The type must be `Codable`, so that the error
  /// can come from another rank.
  ///
  /// ```swift
  /// do {
  ///   energies = try molecules.mapParallel(dock)
  /// } catch SeppoError.itemThrew(let item) {
  ///   if let refused = item.thrown(as: DockingError.self) { print(molecules[item.index].name, refused) }
  /// }
  /// ```
  public func thrown<Thrown: Error & Codable>(as type: Thrown.Type) -> Thrown? {
    guard let coded, ItemError.name(of: type) == qualified else { return nil }
    return coded.withUnsafeBytes { try? SingleValue.decode(type, from: $0) }
  }
}

extension ItemError: CustomDebugStringConvertible {
  /// One sentence: the item, the rank and host, what was thrown, and the line of the program. An interpolated `ItemError` is
  /// this, too.
  public var debugDescription: String {
    """
    item \(index) threw on rank \(rank) (\(host))\(SeppoError.spell(tries: tries)): \(type): \(description) [mapped at \
    \(place)]
    """
  }
}
