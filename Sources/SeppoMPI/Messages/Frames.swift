import SeppoEngine
import SeppoWire

/// Sixty-four bytes before a chunk's items or values, so that what follows is aligned for every standard type.
enum Frame {
  static let headerSize = 64
  fileprivate static let words = headerSize / 8

  /// A message with room for a header, which is written last, and for this number of bytes behind it at once.
  static func writer(payload: Int) -> _WireWriter {
    let writer = _WireWriter(capacity: headerSize + payload)
    _ = writer.append(uninitialized: headerSize)
    return writer
  }

  /// What follows the header.
  static func payload(of bytes: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(rebasing: bytes[headerSize...])
  }

  fileprivate static func write(_ words: [UInt64], to bytes: UnsafeMutableRawBufferPointer) {
    for place in 0..<Frame.words {
      let word = place < words.count ? words[place] : 0
      bytes.storeBytes(of: word.littleEndian, toByteOffset: place * 8, as: UInt64.self)
    }
  }

  /// The header's words, of which the first two are a range's bounds.
  fileprivate static func read(
    _ bytes: UnsafeRawBufferPointer, _ what: String
  ) throws(ProtocolError) -> (range: Range<Int>, rest: [Int]) {
    guard bytes.count >= headerSize else { throw ProtocolError("\(what) came without its header") }
    let words = (0..<Frame.words).map {
      Int(truncatingIfNeeded: UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: $0 * 8, as: UInt64.self)))
    }
    guard 0 <= words[0], words[0] <= words[1], words[1] - words[0] <= ChunkCursor.largest else {
      throw ProtocolError("\(what) came with a header that can't be")
    }
    return (words[0]..<words[1], Array(words[2...]))
  }
}

/// A chunk on its way to the rank that computes it: what precedes its items.
struct WorkFrame {
  let chunk: Range<Int>
  let blocks: Blocks
  /// What the items follow from; nil where they themselves come behind the header.
  let progression: ArithmeticProgression?

  init(chunk: Range<Int>, blocks: Blocks, progression: ArithmeticProgression?) {
    self.chunk = chunk
    self.blocks = blocks
    self.progression = progression
  }

  init(_ bytes: UnsafeRawBufferPointer) throws(ProtocolError) {
    let (range, rest) = try Frame.read(bytes, "a chunk")
    chunk = range
    let (items, blockSize) = (rest[3], rest[4])
    guard items >= 0, blockSize >= 1, let blocks = Blocks(of: items, size: blockSize), chunk.upperBound <= blocks.count
    else { throw ProtocolError("a chunk came with a header that can't be") }
    self.blocks = blocks
    progression = ArithmeticProgression.Kind(rawValue: UInt64(truncatingIfNeeded: rest[0])).map { kind in
      ArithmeticProgression(
        kind: kind, first: UInt64(bitPattern: Int64(rest[1])), step: UInt64(bitPattern: Int64(rest[2])), count: items)
    }
  }

  func write(to bytes: UnsafeMutableRawBufferPointer) {
    Frame.write(
      [
        UInt64(chunk.lowerBound), UInt64(chunk.upperBound), progression?.kind.rawValue ?? 0, progression?.first ?? 0,
        progression?.step ?? 0, UInt64(blocks.items), UInt64(blocks.size),
      ], to: bytes)
  }
}

/// What a rank says of a chunk: a header, the values without gaps, and behind them the items that failed, if any.
struct ReportFrame {
  let report: ChunkReport
  let payload: UnsafeRawBufferPointer

  init(_ bytes: UnsafeRawBufferPointer, rank: Int, host: String) throws {
    let (chunk, rest) = try Frame.read(bytes, "a chunk's values")
    let (completed, nanoseconds, resident, length) = (rest[0], rest[1], rest[2], rest[3])
    let behind = Frame.payload(of: bytes)
    guard (0...chunk.count).contains(completed), nanoseconds >= 0, resident >= 0, (0...behind.count).contains(length)
    else { throw ProtocolError("a chunk's values came with a header that can't be") }
    payload = UnsafeRawBufferPointer(rebasing: behind[..<length])
    let failures = UnsafeRawBufferPointer(rebasing: behind[length...])
    report = ChunkReport(
      chunk: chunk, completed: completed,
      failures: failures.isEmpty
        ? []
        : try Control.decode([FailedItem].self, from: failures, rank: rank, host: host).map {
          ItemFailure(index: $0.index, error: $0.error)
        }, nanoseconds: nanoseconds, resident: resident)
    guard report.failures.allSatisfy({ report.done.contains($0.index) }) else {
      throw ProtocolError("a chunk's values came with failures that can't be")
    }
  }

  /// Fills in the header, and adds the failures.
  ///
  /// - Parameters:
  ///   - writer: room for the header, and the values.
  ///   - lent: what belongs between these.
  static func write(_ report: ChunkReport, to writer: _WireWriter, _ lent: LentMemory) throws {
    Frame.write(
      [
        UInt64(report.chunk.lowerBound), UInt64(report.chunk.upperBound), UInt64(report.completed),
        UInt64(report.nanoseconds), UInt64(report.resident ?? 0),
        UInt64(writer.count - Frame.headerSize + lent.count),
      ], to: writer.bytes)
    if report.failures.isEmpty { return }
    let coded = try Control.encode(report.failures.compactMap { FailedItem($0) })
    withExtendedLifetime(coded) { writer.append(UnsafeRawBufferPointer(coded.bytes)) }
  }
}

extension OverdueReport {
  /// As it travels.
  struct Coded: Codable, Sendable {
    let items: [FailedItem]
    let elapsed: [Int]
    /// Lower and upper bounds in turns.
    let bounds: [Int]
  }

  var coded: Coded {
    Coded(items: items.compactMap { FailedItem($0) }, elapsed: elapsed, bounds: Control.bounds(returned))
  }

  init(_ coded: Coded) {
    self.init(
      items: coded.items.map { ItemFailure(index: $0.index, error: $0.error) }, elapsed: coded.elapsed,
      returned: Control.ranges(coded.bounds))
  }
}
