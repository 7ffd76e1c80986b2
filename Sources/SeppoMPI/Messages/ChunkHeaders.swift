import SeppoCompute
import SeppoTransport
import SeppoWire

/// Sixty-four bytes before a chunk's items or results, so that what follows is aligned for every standard type.
enum ChunkHeader {
  static let size = 64

  /// A message with room for a header, which is written last, and for so many bytes behind it at once.
  static func writer(payload: Int) -> _WireWriter {
    let writer = _WireWriter(capacity: size + payload)
    _ = writer.append(uninitialized: size)
    return writer
  }

  /// What follows the header.
  static func payload(of bytes: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(rebasing: bytes[size...])
  }

  static func write(_ words: [UInt64], to bytes: UnsafeMutableRawBufferPointer) {
    for place in 0..<(size / 8) {
      let word = place < words.count ? words[place] : 0
      bytes.storeBytes(of: word.littleEndian, toByteOffset: place * 8, as: UInt64.self)
    }
  }

  static func words(of bytes: UnsafeRawBufferPointer) throws(ProtocolError) -> [UInt64] {
    guard bytes.count >= size else { throw ProtocolError("a chunk came without its header") }
    return (0..<(size / 8)).map { UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: $0 * 8, as: UInt64.self)) }
  }

  /// The range of a header's first two words.
  static func chunk(_ words: [UInt64]) throws(ProtocolError) -> Range<Int> {
    guard let lower = Int(exactly: words[0]), let upper = Int(exactly: words[1]), lower <= upper else {
      throw ProtocolError("a chunk came with a header that can't be")
    }
    return lower..<upper
  }
}

/// What rank 0 says of a chunk that it sends out.
struct WorkHeader {
  let chunk: Range<Int>
  /// What the items follow from; nil where they themselves come behind the header.
  let spacing: Spacing?

  init(chunk: Range<Int>, spacing: Spacing?) {
    self.chunk = chunk
    self.spacing = spacing
  }

  init(_ bytes: UnsafeRawBufferPointer) throws(ProtocolError) {
    let words = try ChunkHeader.words(of: bytes)
    chunk = try ChunkHeader.chunk(words)
    guard chunk.count <= Claims.largest else {
      throw ProtocolError("a chunk came with a header that can't be")
    }
    spacing = Spacing.Kind(rawValue: words[2]).map { kind in
      Spacing(kind: kind, first: words[3], step: words[4], count: Int(words[1]))
    }
  }

  func write(to bytes: UnsafeMutableRawBufferPointer) {
    ChunkHeader.write(
      [
        UInt64(chunk.lowerBound), UInt64(chunk.upperBound), spacing?.kind.rawValue ?? 0,
        spacing?.first ?? 0, spacing?.step ?? 0,
      ], to: bytes)
  }
}

/// What a rank says of a chunk whose results it sends back.
struct ResultHeader {
  /// The chunk as the rank still holds it.
  let chunk: Range<Int>
  /// So many of its items, from the first on, are dealt with; the others were not begun.
  let completed: Int
  /// What computing them took.
  let nanoseconds: Int
  /// How long the chunk was with the rank.
  let resident: Int

  init(chunk: Range<Int>, completed: Int, nanoseconds: Int, resident: Int) {
    self.chunk = chunk
    self.completed = completed
    self.nanoseconds = nanoseconds
    self.resident = resident
  }

  init(_ bytes: UnsafeRawBufferPointer) throws(ProtocolError) {
    let words = try ChunkHeader.words(of: bytes)
    chunk = try ChunkHeader.chunk(words)
    guard let completed = Int(exactly: words[2]), completed <= chunk.count, let nanoseconds = Int(exactly: words[3]),
      let resident = Int(exactly: words[4])
    else {
      throw ProtocolError("results came with a header that can't be")
    }
    self.completed = completed
    self.nanoseconds = nanoseconds
    self.resident = resident
  }

  func write(to bytes: UnsafeMutableRawBufferPointer) {
    ChunkHeader.write(
      [
        UInt64(chunk.lowerBound), UInt64(chunk.upperBound), UInt64(completed), UInt64(nanoseconds), UInt64(resident),
      ], to: bytes)
  }
}
