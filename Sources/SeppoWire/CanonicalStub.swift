package enum Canonical {
  package static func write<T: Encodable>(_ value: T, to bytes: inout [UInt8]) throws {
    let w = _WireWriter()
    try withUnsafePointer(to: value) { try Items.write(UnsafeBufferPointer(start: $0, count: 1), to: w) }
    bytes += Array(w.bytes)
  }
}
