import SeppoWire

/// An estimate of the memory that a result takes, in bytes. It follows the latest results.
struct ResultSize {
  private(set) var bytes: Double?

  /// The weight of the latest results.
  private static let weight = 0.25

  /// Adds results with the size of their encoding.
  mutating func add<Value>(_ type: Value.Type, count: Int, bytes total: Int) {
    if count == 0 { return }
    let mean = Double(MemoryLayout<Value>.stride + total / count)
    bytes = bytes.map { $0 + (mean - $0) * (mean > $0 ? 1 : ResultSize.weight) } ?? mean
  }

  /// Adds a result that wasn't encoded.
  mutating func add<Value: Codable & Sendable>(_ value: UnsafePointer<Value>) {
    if Items.areMemory(Value.self) { return add(Value.self, count: 1, bytes: 0) }
    let writer = WireWriter()
    // One that can't be encoded isn't sent either.
    try? Items.write(UnsafeBufferPointer(start: value, count: 1), to: writer)
    add(Value.self, count: 1, bytes: writer.count)
  }
}
