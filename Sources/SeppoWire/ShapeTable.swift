/// The table at the end of a part: the shapes of its containers. A shape is a list of keys.
struct ShapeTable {
  private let bytes: UnsafeRawBufferPointer
  /// The end of the part's items.
  let start: Int
  /// The ranges of the keys in the bytes, shape by shape.
  private var keys: [Range<Int>] = []
  /// The index of each shape's first key, followed by the total number of keys.
  private var firstKeys: [Int] = [0]
  /// The positions of a shape's keys, sorted by name. Made on the first search in a shape with many keys.
  private var sorted: [Int: [Int32]] = [:]

  var count: Int { firstKeys.count - 1 }

  init(reader: WireReader) throws {
    bytes = reader.bytes
    var end = _WireCursor(reader: reader, node: -1, offset: bytes.count - Tag.lengthBytes, limit: bytes.count)
    guard end.offset >= 0 else { throw end.corrupted("the table of shapes is missing") }
    let length = end.readContainerLength()
    let limit = bytes.count - Tag.lengthBytes
    guard length <= limit, length >= 2, bytes[limit - length] == Tag.shapes else {
      throw end.corrupted("the table of shapes is missing")
    }
    start = limit - length
    var cursor = _WireCursor(reader: reader, node: -1, offset: start + 1, limit: limit)
    // The counts are not trusted: nothing is reserved for them, and each entry is read within the remaining bytes.
    for _ in 0..<(try cursor.readLength()) {
      for _ in 0..<(try cursor.readLength()) {
        let count = try cursor.readLength()
        let key = cursor.offset
        try cursor.skip(count)
        keys.append(key..<cursor.offset)
      }
      firstKeys.append(keys.count)
      guard keyCount(of: count - 1) < Int32.max else { throw cursor.corrupted("a shape has too many keys") }
    }
    guard cursor.isAtEnd, count > 0 else { throw cursor.corrupted("the table of shapes is damaged") }
  }

  func keyCount(of shape: Int) -> Int { firstKeys[shape + 1] - firstKeys[shape] }

  func name(_ position: Int, of shape: Int) -> UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(rebasing: bytes[keys[firstKeys[shape] + position]])
  }

  /// Returns the position of a key. For a duplicate key that is the last one, because the last value counts.
  mutating func position(of name: UnsafeRawBufferPointer, in shape: Int) -> Int? {
    let count = keyCount(of: shape)
    if count <= 16 {
      return (0..<count).last { ShapeTable.order(self.name($0, of: shape), name) == 0 }
    }
    if sorted[shape] == nil {
      sorted[shape] = (0..<Int32(count)).sorted {
        let order = ShapeTable.order(self.name(Int($0), of: shape), self.name(Int($1), of: shape))
        return order == 0 ? $0 < $1 : order < 0
      }
    }
    let positions = sorted[shape]!
    var low = 0
    var high = count
    while low < high {
      let middle = (low + high) / 2
      let order = ShapeTable.order(self.name(Int(positions[middle]), of: shape), name)
      if order <= 0 { low = middle + 1 } else { high = middle }
    }
    guard low > 0 else { return nil }
    let found = Int(positions[low - 1])
    return ShapeTable.order(self.name(found, of: shape), name) == 0 ? found : nil
  }

  /// Compares two names by length, then by bytes. Returns a number below, at or above zero.
  private static func order(_ a: UnsafeRawBufferPointer, _ b: UnsafeRawBufferPointer) -> Int {
    if a.count != b.count { return a.count - b.count }
    for (a, b) in zip(a, b) where a != b { return Int(a) - Int(b) }
    return 0
  }
}
