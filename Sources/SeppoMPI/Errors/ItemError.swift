import SeppoProcess
import SeppoWire

/// An item that threw: which, where, and what.
public struct ItemError: Sendable, Equatable, Codable {
  /// Its index in the collection that was mapped.
  public let index: Int
  /// The rank on which it threw, for the last time.
  public let rank: Int
  /// That rank's machine.
  public let host: String
  /// The type of what it threw.
  public let type: String
  /// The `errorDescription` of what it threw, where that is a `LocalizedError` that has one; else its description.
  public let description: String
  /// The line of the program that called the map, as `#fileID:#line`.
  public let place: String
  /// How often it was tried: 1 without `retries:`.
  public internal(set) var tries: Int
  /// What it threw, where that is `Codable`, and the type's whole name.
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

  /// With its module and surroundings, but where these hold an address, as of private types: that differs from rank to rank.
  private static func name(of type: Any.Type) -> String {
    let name = String(reflecting: type)
    return name.contains("(unknown context at ") ? String(describing: type) : name
  }

  /// What the item threw, where that is of this type, which must be `Codable` to have come here.
  ///
  /// ```swift
  /// catch SeppoError.itemThrew(let item) {
  ///   if let refused = item.thrown(as: DockingError.self) { … }
  /// }
  /// ```
  public func thrown<Thrown: Error & Codable>(as type: Thrown.Type) -> Thrown? {
    guard let coded, ItemError.name(of: type) == qualified else { return nil }
    return coded.withUnsafeBytes { try? SingleValue.decode(type, from: $0) }
  }
}
