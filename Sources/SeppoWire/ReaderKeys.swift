/// Cached properties of a key type: the positions of its keys' values in containers of each shape.
final class ReaderKeys {
  typealias Position = UInt32
  static let unknown = Position.max
  static let absent = Position.max - 1

  /// The positions of the values in one shape, by the keys' bytes. Valid while the `ReaderKeys` exists.
  struct Table {
    let positions: UnsafeMutablePointer<Position>
    let capacity: Int

    static var none: Table { Table(positions: UnsafeMutablePointer(bitPattern: 8)!, capacity: 0) }
  }

  let width: KeyWidth
  let isPoolable: Bool
  let copier: AnyObject
  @exclusivity(unchecked) var containers = ContainerPool<KeyedReaderCore>()
  /// Starts small: the cases of an enum have small bytes.
  private var capacity = 16
  /// Indexed by the shapes' numbers. Each table has space for `capacity` keys.
  private var tables: [UnsafeMutablePointer<Position>?] = []
  /// Replaced tables, which containers may still use.
  private var outgrown: [UnsafeMutablePointer<Position>] = []
  @exclusivity(unchecked) private var lastShape = -1
  @exclusivity(unchecked) private var lastTable = Table.none

  init(width: KeyWidth, isPoolable: Bool, copier: AnyObject) {
    self.copier = copier
    self.width = width
    self.isPoolable = isPoolable
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

  /// Returns a table of the shape with space for the key.
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
