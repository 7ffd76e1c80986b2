extension Canonical {
  /// Returns a fingerprint of each item at the given indices: its bits if it is a number of at most 64 bits, otherwise
  /// a digest of its canonical bytes. Equal values have the same fingerprint in every process; different values almost
  /// certainly have different ones.
  ///
  /// Items that can't be encoded share the fingerprint `UInt64.max`. They fail later, when they are sent.
  package static func fingerprints<T: Encodable>(of items: UnsafeBufferPointer<T>, at indices: [Int]) -> [UInt64] {
    let size = MemoryLayout<T>.size
    if size <= 8, (T.self as? any CanonicalForm.Type)?.canonicalMemoryCode != nil {
      return indices.map { index in
        var fingerprint: UInt64 = 0
        withUnsafeMutableBytes(of: &fingerprint) { bits in
          withUnsafeBytes(of: items[index]) { bits.copyMemory(from: $0) }
        }
        return fingerprint
      }
    }
    let writer = CanonicalWriter()
    return indices.map { index in
      writer.removeAll()
      // The items may be nodes of a cyclic graph, and each of them would take long to reach the nesting limit.
      if writer.hasExceededDepth { return .max }
      guard (try? writer.write(items[index])) != nil else { return .max }
      return writer.withUnsafeBytes { Digest.short($0) }
    }
  }
}
