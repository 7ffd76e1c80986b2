extension Canonical {
  /// One mark for each of the items at these places: its bits where it is a number of at most 64, otherwise a digest of its
  /// canonical bytes. Different values have different marks, in all likelihood; equal values have the same in every process.
  ///
  /// An item that can't be encoded has a mark of its own: it fails when it is to be sent.
  package static func marks<T: Encodable>(of items: UnsafeBufferPointer<T>, at places: [Int]) -> [UInt64] {
    let size = MemoryLayout<T>.size
    if size <= 8, (T.self as? any CanonicalForm.Type)?.canonicalMemoryCode != nil {
      return places.map { place in
        var mark: UInt64 = 0
        withUnsafeMutableBytes(of: &mark) { bits in
          withUnsafeBytes(of: items[place]) { bits.copyMemory(from: $0) }
        }
        return mark
      }
    }
    let writer = CanonicalWriter()
    return places.map { place in
      writer.removeAll()
      // The items may be the nodes of a graph with a cycle, each of which takes as long until that is known.
      if writer.hasMetTooDeep { return .max }
      guard (try? writer.write(items[place])) != nil else { return .max }
      return writer.withUnsafeBytes { Digest.short($0) }
    }
  }
}
