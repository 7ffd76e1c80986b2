import SeppoEngine
import SeppoWire

/// A header of 64 bytes before a chunk's items or values, which are then aligned for every standard type.
enum Frame {
  static let headerSize = 128
  fileprivate static let words = headerSize / 8

  /// Returns a message with space for a header, which is written last.
  ///
  /// - Parameter payload: the capacity to reserve after the header, in bytes.
  static func writer(payload: Int) -> WireWriter {
    let writer = WireWriter(capacity: headerSize + payload)
    _ = writer.append(uninitialized: headerSize)
    return writer
  }

  /// Returns the bytes after the header.
  static func payload(of bytes: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(rebasing: bytes[headerSize...])
  }

  fileprivate static func write(_ words: [UInt64], to bytes: UnsafeMutableRawBufferPointer) {
    for place in 0..<Frame.words {
      let word = place < words.count ? words[place] : 0
      bytes.storeBytes(of: word.littleEndian, toByteOffset: place * 8, as: UInt64.self)
    }
  }

  /// Returns the header's words. The first two are the bounds of a range.
  fileprivate static func read(
    _ bytes: UnsafeRawBufferPointer, _ what: String
  ) throws(ProtocolError) -> (range: Range<Int>, rest: [Int]) {
    guard bytes.count >= headerSize else { throw ProtocolError("\(what) arrived without a header") }
    let words = (0..<Frame.words).map {
      Int(truncatingIfNeeded: UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: $0 * 8, as: UInt64.self)))
    }
    guard 0 <= words[0], words[0] <= words[1], words[1] - words[0] <= ChunkCursor.maximumCount else {
      throw ProtocolError("\(what) arrived with an invalid header")
    }
    return (words[0]..<words[1], Array(words[2...]))
  }
}

/// The header of a chunk that is sent to the rank that computes it.
struct WorkFrame {
  let chunk: Range<Int>
  let blocks: Blocks
  /// The items as an arithmetic progression; nil if the items themselves follow the header.
  let progression: ArithmeticProgression?

  init(chunk: Range<Int>, blocks: Blocks, progression: ArithmeticProgression?) {
    self.chunk = chunk
    self.blocks = blocks
    self.progression = progression
  }

  init(_ bytes: UnsafeRawBufferPointer) throws(ProtocolError) {
    let (range, rest) = try Frame.read(bytes, "a chunk")
    chunk = range
    let items = rest[3]
    guard let blocks = Blocks(of: items, size: Blocks.Size(code: rest[4])), chunk.upperBound <= blocks.count else {
      throw ProtocolError("a chunk arrived with an invalid header")
    }
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
        progression?.step ?? 0, UInt64(blocks.items), UInt64(blocks.size.code),
      ], to: bytes)
  }
}

/// A rank's report on a chunk: a header, the values without gaps, then the failed items, if any.
struct ReportFrame {
  let report: ChunkReport
  let payload: UnsafeRawBufferPointer

  init(_ bytes: UnsafeRawBufferPointer, rank: Int, host: String) throws {
    let (chunk, rest) = try Frame.read(bytes, "a chunk's values")
    let (completed, nanoseconds, resident, length) = (rest[0], rest[1], rest[2], rest[3])
    let timing = ReportFrame.timing(rest[4...9])
    let content = Frame.payload(of: bytes)
    guard (0...chunk.count).contains(completed), nanoseconds >= 0, resident >= 0, (0...content.count).contains(length)
    else { throw ProtocolError("a chunk's values arrived with an invalid header") }
    payload = UnsafeRawBufferPointer(rebasing: content[..<length])
    let failures = UnsafeRawBufferPointer(rebasing: content[length...])
    report = ChunkReport(
      chunk: chunk, completed: completed,
      failures: failures.isEmpty
        ? []
        : try Control.decode([FailedItem].self, from: failures, rank: rank, host: host).map {
          ItemFailure(index: $0.index, error: $0.error)
        }, nanoseconds: nanoseconds, resident: resident, timing: timing)
    guard report.failures.allSatisfy({ report.done.contains($0.index) }) else {
      throw ProtocolError("a chunk's values arrived with invalid failures")
    }
  }

  private static func words(_ timing: ChunkTiming?) -> [UInt64] {
    guard let timing else { return [] }
    let longest = timing.longest
    return [
      timing.began, timing.thread, timing.encoding, longest?.items.lowerBound ?? 0, longest?.items.upperBound ?? 0,
      longest?.nanoseconds ?? 0,
    ].map { UInt64($0) }
  }

  /// - Parameter words: what the other function returns; zeros for nil. Figures that can't be are left out: they are only shown.
  private static func timing(_ words: ArraySlice<Int>) -> ChunkTiming? {
    let words = Array(words)
    guard words[0] > 0, words[1] >= 0, words[2] >= 0 else { return nil }
    let longest =
      words[3] >= 0 && words[3] < words[4] && words[5] > 0
      ? ChunkTiming.Batch(items: words[3]..<words[4], nanoseconds: words[5]) : nil
    return ChunkTiming(began: words[0], thread: words[1], encoding: words[2], longest: longest)
  }

  /// Fills in the header and appends the failures.
  ///
  /// - Parameters:
  ///   - writer: space for the header, then the values.
  ///   - lent: memory that is sent from where it is, between the bytes of the writer.
  static func write(_ report: ChunkReport, to writer: WireWriter, _ lent: LentMemory) throws {
    Frame.write(
      [
        UInt64(report.chunk.lowerBound), UInt64(report.chunk.upperBound), UInt64(report.completed),
        UInt64(report.nanoseconds), UInt64(report.resident ?? 0),
        UInt64(writer.count - Frame.headerSize + lent.count),
      ] + words(report.timing), to: writer.bytes)
    if report.failures.isEmpty { return }
    let coded = try Control.encode(report.failures.compactMap { FailedItem($0) })
    withExtendedLifetime(coded) { writer.append(UnsafeRawBufferPointer(coded.bytes)) }
  }
}

extension OverdueReport {
  /// The report as it is sent.
  struct Coded: Codable, Sendable {
    let items: [FailedItem]
    let elapsed: [Int]
    /// Alternating lower and upper bounds.
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
