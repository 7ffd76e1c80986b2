/// Encodes and decodes a single value, as a part of one item.
package enum SingleValue {
  package static func encode<Value: Encodable>(_ value: Value) throws(WireError) -> WireWriter {
    let writer = WireWriter()
    try withUnsafePointer(to: value) { (value) throws(WireError) in
      try Items.write(UnsafeBufferPointer(start: value, count: 1), to: writer)
    }
    return writer
  }

  package static func decode<Value: Decodable>(
    _ type: Value.Type, from bytes: UnsafeRawBufferPointer
  ) throws(WireError) -> Value {
    try withUnsafeTemporaryAllocation(of: Value.self, capacity: 1) { place -> Result<Value, WireError> in
      let (done, error) = Items.read(UnsafeMutableBufferPointer(rebasing: place[..<1]), from: bytes)
      defer { place.baseAddress?.deinitialize(count: done) }
      return error.map { .failure($0) } ?? .success(place[0])
    }.get()
  }
}
