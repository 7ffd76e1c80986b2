import SeppoWire

/// Items in shared memory, each encoded by itself, so that a rank decodes only those that it computes.
struct EncodedItems {
  /// A table with the end of each item, relative to the end of the table, then the items.
  private let memory: UnsafeRawBufferPointer
  private let count: Int

  /// - Parameter count: the number of encoded items.
  init(_ memory: UnsafeMutableRawBufferPointer, count: Int) {
    self.memory = UnsafeRawBufferPointer(memory)
    self.count = count
  }

  /// Encodes items.
  ///
  /// - Returns: false if they don't fit, or can't be encoded.
  static func write<Element: Encodable>(
    _ items: UnsafeBufferPointer<Element>, to memory: UnsafeMutableRawBufferPointer
  ) -> Bool {
    let table = 4 * items.count
    let writer = WireWriter()
    for index in items.indices {
      guard (try? Items.write(UnsafeBufferPointer(rebasing: items[index...index]), to: writer)) != nil,
        table + writer.count <= memory.count
      else { return false }
      memory.storeBytes(of: UInt32(writer.count), toByteOffset: 4 * index, as: UInt32.self)
    }
    UnsafeMutableRawBufferPointer(rebasing: memory[table...]).copyMemory(from: UnsafeRawBufferPointer(writer.bytes))
    return true
  }

  private func end(_ index: Int) -> Int {
    index < 0 ? 0 : Int(memory.load(fromByteOffset: 4 * index, as: UInt32.self))
  }

  /// Decodes items, up to the first one that can't be decoded.
  ///
  /// - Returns: the number of decoded items, and the error.
  func read<Element: Decodable>(
    _ items: Range<Int>, into elements: UnsafeMutableBufferPointer<Element>
  ) -> (done: Int, error: WireError?) {
    for (done, index) in items.enumerated() {
      let bytes = memory[(4 * count + end(index - 1))..<(4 * count + end(index))]
      let (_, error) = Items.read(
        UnsafeMutableBufferPointer(rebasing: elements[done...done]), from: UnsafeRawBufferPointer(rebasing: bytes))
      if let error { return (done, error) }
    }
    return (items.count, nil)
  }
}
