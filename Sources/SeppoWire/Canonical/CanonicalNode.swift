#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#else
  internal import Darwin
#endif

/// A value, or a container inside one, that is being written. Its parts are in the order in which they were written.
final class CanonicalNode {
  enum Form { case empty, single, list, keyed, set, dictionary }

  /// A part whose position is not that of its bytes: it is sorted by key or by bytes, or is written later.
  struct Entry {
    let start: Int
    /// Where the value begins, after its key if any.
    let value: Int
    let end: Int
    /// The node of a value that is written later. Then `value` equals `end`.
    var child: CanonicalNode?
  }

  var bytes: [UInt8] = []
  var entries: [Entry] = []
  /// Number of values in a list.
  var count = 0
  private(set) var form = Form.empty
  private(set) var depth = 0
  private(set) var isLive = false
  /// The first error in a call that can't throw.
  private(set) var pendingError: EncodingError?
  private var key: (any CodingKey)?
  private var parent: CanonicalNode?

  func begin(under parent: CanonicalNode, key: (any CodingKey)?, depth: Int) {
    self.parent = parent
    self.key = key
    self.depth = depth
    isLive = true
  }

  func end() {
    // Don't keep the memory of one large value for all later ones.
    bytes.removeAll(keepingCapacity: bytes.capacity < 1 << 16)
    entries.removeAll(keepingCapacity: entries.capacity < 1 << 12)
    count = 0
    form = .empty
    isLive = false
    pendingError = nil
    key = nil
    parent = nil
  }

  var codingPath: [any CodingKey] {
    var path: [any CodingKey] = []
    var node: CanonicalNode? = self
    while let here = node {
      if let key = here.key { path.append(key) }
      node = here.parent
    }
    return path.reversed()
  }

  /// Sets the value's form: one single value, or one container, which may be requested repeatedly.
  func claim(_ form: Form) {
    if self.form == form, form != .single { return }
    if self.form != .empty { record("a value encoded itself more than once") }
    self.form = form
  }

  func unclaim() { form = .empty }

  private func record(_ reason: String) {
    self.pendingError =
      self.pendingError ?? .invalidValue(form, .init(codingPath: codingPath, debugDescription: reason))
  }

  /// The first error in this node or in a container inside it.
  var firstError: EncodingError? {
    if let pendingError { return pendingError }
    for entry in entries { if let error = entry.child?.firstError { return error } }
    return nil
  }

  func record(_ error: EncodingError) { pendingError = pendingError ?? error }

  func checkLive(_ value: @autoclosure () -> Any) throws {
    guard isLive else {
      throw EncodingError.invalidValue(
        value(),
        .init(codingPath: [], debugDescription: "an encoder was used after the value it was made for had been encoded"))
    }
  }

  typealias Mark = (bytes: Int, entries: Int, count: Int)
  var mark: Mark { (bytes.count, entries.count, count) }

  /// Removes what a value wrote before it failed. The program may continue without it (`try?`).
  func rollBack(to mark: Mark) {
    bytes.removeLast(bytes.count - mark.bytes)
    entries.removeLast(entries.count - mark.entries)
    count = mark.count
  }

  func append(_ tag: UInt8) { bytes.append(tag) }

  func append(bits: some FixedWidthInteger) {
    withUnsafeBytes(of: bits.littleEndian) { bytes.append(contentsOf: $0) }
  }

  func append(_ tag: UInt8, bits: some FixedWidthInteger) {
    bytes.append(tag)
    append(bits: bits)
  }

  func append(_ tag: UInt8, counted content: UnsafeRawBufferPointer) {
    append(tag, bits: UInt64(content.count))
    bytes.append(contentsOf: content)
  }

  func append(_ value: Bool) { bytes.append(value ? CanonicalTag.true : CanonicalTag.false) }

  func append(_ value: String) {
    var value = value
    value.withUTF8 { append(CanonicalTag.string, counted: UnsafeRawBufferPointer($0)) }
  }

  /// Writes a number in the same way for all integer types, so that a program may change an `Int` to an `Int32`.
  func append<I: FixedWidthInteger>(integer value: I) {
    if let value = Int64(exactly: value) {
      append(CanonicalTag.int64, bits: value)
    } else if let value = UInt64(exactly: value) {
      append(CanonicalTag.uint64, bits: value)
    } else if let value = Int128(exactly: value) {
      append(CanonicalTag.int128, bits: value)
    } else {
      append(CanonicalTag.uint128, bits: UInt128(truncatingIfNeeded: value))
    }
  }

  /// Starts an entry. Append its value next.
  func append(key: some CodingKey) {
    var name = key.stringValue
    name.withUTF8 { bytes.append(contentsOf: $0) }
  }

  /// Appends the complete value to another node.
  func finish(into target: CanonicalNode) throws {
    if let pendingError { throw pendingError }
    switch form {
    case .empty: target.append(CanonicalTag.empty)
    case .single: target.bytes.append(contentsOf: bytes)
    case .list: try finishList(into: target)
    case .keyed: try finishKeyed(into: target)
    case .set: finishSorted(CanonicalTag.set, into: target)
    case .dictionary: finishSorted(CanonicalTag.dictionary, into: target)
    }
  }

  private func finishList(into target: CanonicalNode) throws {
    target.append(CanonicalTag.list, bits: UInt64(count))
    var done = 0
    for entry in entries {
      target.append(from: self, done..<entry.start)
      try entry.child?.finish(into: target)
      done = entry.start
    }
    target.append(from: self, done..<bytes.count)
  }

  private func finishKeyed(into target: CanonicalNode) throws {
    bytes.withUnsafeBytes { bytes in
      entries.sort { first, second in
        let order = CanonicalNode.order(bytes, first.start..<first.value, second.start..<second.value)
        // For a duplicate key, keep the order of the values: the last one may be the one that counts.
        return order == 0 ? first.start < second.start : order < 0
      }
    }
    target.append(CanonicalTag.keyed, bits: UInt64(entries.count))
    for entry in entries {
      target.append(bits: UInt64(entry.value - entry.start))
      target.append(from: self, entry.start..<entry.end)
      try entry.child?.finish(into: target)
    }
  }

  /// Writes the entries sorted by their bytes. The order of entries with equal bytes makes no difference.
  private func finishSorted(_ tag: UInt8, into target: CanonicalNode) {
    bytes.withUnsafeBytes { bytes in
      entries.sort { CanonicalNode.order(bytes, $0.start..<$0.end, $1.start..<$1.end) < 0 }
    }
    target.append(tag, bits: UInt64(entries.count))
    for entry in entries { target.append(from: self, entry.start..<entry.end) }
  }

  /// Replaces the bytes from `start` on with a digest of them.
  func digest(from start: Int) {
    var digest = Digest()
    bytes.withUnsafeBytes { digest.add(UnsafeRawBufferPointer(rebasing: $0[start...])) }
    bytes.removeLast(bytes.count - start)
    let (first, second) = digest.finish()
    append(CanonicalTag.digest, bits: first)
    append(bits: second)
  }

  private func append(from other: CanonicalNode, _ range: Range<Int>) {
    other.bytes.withUnsafeBytes { bytes.append(contentsOf: UnsafeRawBufferPointer(rebasing: $0[range])) }
  }

  /// Compares two ranges bytewise, and returns a number below, at or above zero.
  private static func order(_ bytes: UnsafeRawBufferPointer, _ first: Range<Int>, _ second: Range<Int>) -> Int {
    guard let base = bytes.baseAddress else { return 0 }
    let order = memcmp(base + first.lowerBound, base + second.lowerBound, min(first.count, second.count))
    return order == 0 ? first.count - second.count : Int(order)
  }
}
