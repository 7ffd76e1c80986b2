#if FUZZ
  import SeppoWire

  /// A type whose decoding is fuzzed.
  struct FuzzTarget: Sendable {
    /// Decodes the bytes. If that succeeds, a round trip of the value must return an equal value.
    var run: @Sendable (UnsafeRawBufferPointer) -> Void
    /// Bytes that are valid.
    var seeds: @Sendable () throws -> [[UInt8]]

    init<T: Codable & SendableMetatype>(
      _ values: @autoclosure @escaping @Sendable () -> [T], equal: @escaping @Sendable (T, T) -> Bool
    ) {
      run = { bytes in
        guard let value: T = try? FuzzTarget.read(bytes) else { return }
        do {
          let again = try FuzzTarget.write(value).withUnsafeBytes { try FuzzTarget.read($0) as T }
          if !equal(value, again) { fatalError("\(value) was decoded, encoded, and decoded as \(again)") }
        } catch {
          fatalError("\(value) was decoded, but its round trip failed: \(error)")
        }
      }
      seeds = { try values().map { try FuzzTarget.write($0) } }
    }

    init<T: Codable & Equatable & SendableMetatype>(_ values: @autoclosure @escaping @Sendable () -> [T]) {
      self.init(values(), equal: { $0 == $1 })
    }

    private static func write<T: Encodable>(_ value: T) throws -> [UInt8] {
      let writer = WireWriter(capacity: 1)
      try withUnsafePointer(to: value) { try Items.write(UnsafeBufferPointer(start: $0, count: 1), to: writer) }
      return [UInt8](writer.bytes)
    }

    private static func read<T: Decodable>(_ bytes: UnsafeRawBufferPointer) throws -> T {
      try [T](unsafeUninitializedCapacity: 1) { items, initialized in
        let (done, error) = Items.read(UnsafeMutableBufferPointer(rebasing: items[..<1]), from: bytes)
        initialized = done
        if let error { throw error }
      }[0]
    }
  }
#endif
