/// What a reader knows of a key type: where the values of its keys stand in containers of each shape.
final class ReaderKeys {
  typealias Position = UInt32
  static let unknown = Position.max
  static let absent = Position.max - 1

  /// The positions of the values in one shape, by the bytes of the keys. Good for as long as there is a `ReaderKeys`.
  struct Table {
    let positions: UnsafeMutablePointer<Position>
    let capacity: Int

    static var none: Table { Table(positions: UnsafeMutablePointer(bitPattern: 8)!, capacity: 0) }
  }

  let bytes: KeyBytes
  let isKept: Bool
  let copier: AnyObject
  @exclusivity(unchecked) var handedOut = HandedOut<KeyedReaderCore>()
  /// Small while all keys that were asked for have small bytes, as the cases of an enum have.
  private var capacity = 16
  /// By the numbers of the shapes; each has room for `capacity` keys.
  private var tables: [UnsafeMutablePointer<Position>?] = []
  /// Tables that were too small; containers may still use them.
  private var outgrown: [UnsafeMutablePointer<Position>] = []
  @exclusivity(unchecked) private var lastShape = -1
  @exclusivity(unchecked) private var lastTable = Table.none

  init(bytes: KeyBytes, isKept: Bool, copier: AnyObject) {
    self.copier = copier
    self.bytes = bytes
    self.isKept = isKept
  }

  deinit {
    for table in tables { table?.deallocate() }
    for table in outgrown { table.deallocate() }
  }

  @inline(__always)
  func table(of shape: Int) -> Table { shape == lastShape ? lastTable : findTable(of: shape) }

  private func findTable(of shape: Int) -> Table {
    if tables.count <= shape { tables += Array(repeating: nil, count: shape + 1 - tables.count) }
    let positions = tables[shape] ?? .allocate(capacity: capacity)
    if tables[shape] == nil {
      positions.initialize(repeating: ReaderKeys.unknown, count: capacity)
      tables[shape] = positions
    }
    lastShape = shape
    lastTable = Table(positions: positions, capacity: capacity)
    return lastTable
  }

  /// A table of the shape that has room for the key.
  func table(of shape: Int, for byte: UInt8) -> Table {
    if Int(byte) >= capacity {
      while Int(byte) >= capacity { capacity *= 2 }
      for case let table? in tables { outgrown.append(table) }
      tables = []
      lastShape = -1
    }
    return table(of: shape)
  }
}
