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
  /// The description of what it threw.
  public let description: String
  /// The line of the program that called the map, as `#fileID:#line`.
  public let place: String
  /// How often it was tried: 1 without `retries:`.
  public internal(set) var tries: Int
  /// What it threw, where that is `Codable`.
  let coded: [UInt8]?

  init(_ thrown: any Error, index: Int, rank: Int, host: String, place: String) {
    self.index = index
    self.rank = rank
    self.host = host
    type = String(describing: Swift.type(of: thrown))
    description = "\(thrown)"
    self.place = place
    tries = 1
    coded = (thrown as? any Error & Codable).flatMap { ItemError.encode($0) }
  }

  /// Nil where it can't be encoded: its type and description still say what it was.
  private static func encode(_ thrown: some Error & Codable) -> [UInt8]? {
    guard let writer = try? Control.encode(thrown) else { return nil }
    return withExtendedLifetime(writer) { Array(writer.bytes) }
  }

  /// What the item threw, where that is of this type, which must be `Codable` to have come here.
  ///
  /// ```swift
  /// catch SeppoError.itemThrew(let item) {
  ///   if let refused = item.thrown(as: DockingError.self) { … }
  /// }
  /// ```
  public func thrown<Thrown: Error & Codable>(as type: Thrown.Type) -> Thrown? {
    guard let coded, String(describing: type) == self.type else { return nil }
    return coded.withUnsafeBytes { try? Control.decode(type, from: $0, rank: rank, host: host) }
  }
}

/// An item's error as ranks tell it to each other, and as it is kept until the map's end.
@usableFromInline
struct FailedItem: Codable, Sendable {
  let index: Int
  let error: SeppoError
}
