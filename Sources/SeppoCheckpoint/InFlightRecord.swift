import Foundation
import SeppoWire

/// The items that were in flight when an earlier job died, as recorded in its notes.
struct InFlightRecord: Equatable {
  struct Holding: Equatable {
    let rank: Int
    let items: Range<Int>
  }

  /// Identifies the job's notes.
  let run: Data
  let call: Int64
  /// The ranks whose death ended the job. Empty if unknown.
  let dead: Set<Int>
  let holdings: [Holding]
}

/// The layout of the file of items in flight.
///
/// The file has a header with the job's name in plain text, a record of the dead ranks, and slots. No slot crosses a
/// page of memory, so each is written entirely or not at all when the process is killed. A record with a wrong checksum
/// is ignored.
enum InFlightLayout {
  static let magic = Array("SeppoIH1".utf8)
  static let headerSize = 512
  static let ownerOffset = 48
  static let deadOffset = headerSize
  static let deadSize = 8192
  static let maxDead = (deadSize - 16) / 8
  static let slotsOffset = deadOffset + deadSize
  static let slotSize = 32

  static func header(run: Data, call: Int64, owner: String) -> [UInt8] {
    // A truncated text may end inside a character; decoding repairs it.
    let owner = Array(owner.utf8.prefix(headerSize - ownerOffset))
    var header = magic + Array(run)
    append(call, to: &header)
    var rest: [UInt8] = []
    append(Int64(owner.count), to: &rest)
    rest += owner
    append(checksum(header + rest), to: &header)
    header += rest
    return header + [UInt8](repeating: 0, count: headerSize - header.count)
  }

  static func dead(_ ranks: [Int], run: Data) -> [UInt8] {
    var words: [UInt8] = []
    let ranks = ranks.prefix(maxDead)
    append(Int64(ranks.count), to: &words)
    for rank in ranks { append(Int64(rank), to: &words) }
    var record: [UInt8] = []
    append(checksum(Array(run) + words), to: &record)
    return record + words
  }

  static func slot(rank: Int, items: Range<Int>, run: Data) -> [UInt8] {
    var slot: [UInt8] = []
    append(Int64(rank), to: &slot)
    append(Int64(items.lowerBound), to: &slot)
    append(Int64(items.upperBound), to: &slot)
    append(checksum(slot + Array(run)), to: &slot)
    return slot
  }

  static let emptySlot = [UInt8](repeating: 0, count: slotSize)

  /// Returns nil if the bytes aren't notes, or their header is damaged.
  static func read(_ bytes: [UInt8]) -> (notes: InFlightRecord, owner: String)? {
    guard bytes.count >= headerSize, bytes.starts(with: magic) else { return nil }
    let length = Int(clamping: word(bytes, 40))
    guard (0...headerSize - ownerOffset).contains(length),
      word(bytes, 32) == checksum(bytes[..<32] + bytes[40..<ownerOffset + length])
    else { return nil }
    let run = Data(bytes[8..<24])
    let owner = String(decoding: bytes[ownerOffset..<ownerOffset + length], as: UTF8.self)
    let notes = InFlightRecord(run: run, call: word(bytes, 24), dead: dead(bytes, run), holdings: holdings(bytes, run))
    return (notes, owner)
  }

  private static func dead(_ bytes: [UInt8], _ run: Data) -> Set<Int> {
    guard bytes.count >= deadOffset + 16 else { return [] }
    let count = Int(clamping: word(bytes, deadOffset + 8))
    let end = deadOffset + 16 + 8 * min(max(0, count), maxDead)
    guard (1...maxDead).contains(count), bytes.count >= end,
      word(bytes, deadOffset) == checksum(Array(run) + bytes[deadOffset + 8..<end])
    else { return [] }
    return Set(stride(from: deadOffset + 16, to: end, by: 8).map { Int(word(bytes, $0)) })
  }

  private static func holdings(_ bytes: [UInt8], _ run: Data) -> [InFlightRecord.Holding] {
    stride(from: slotsOffset, through: bytes.count - slotSize, by: slotSize).compactMap { start in
      let (lower, upper) = (word(bytes, start + 8), word(bytes, start + 16))
      guard lower >= 0, lower < upper, word(bytes, start + 24) == checksum(bytes[start..<start + 24] + Array(run))
      else {
        return nil
      }
      return InFlightRecord.Holding(rank: Int(word(bytes, start)), items: Int(lower)..<Int(upper))
    }
  }

  private static func append(_ word: Int64, to bytes: inout [UInt8]) {
    withUnsafeBytes(of: word.littleEndian) { bytes += $0 }
  }

  private static func word(_ bytes: [UInt8], _ offset: Int) -> Int64 {
    bytes.withUnsafeBytes { Int64(littleEndian: $0.loadUnaligned(fromByteOffset: offset, as: Int64.self)) }
  }

  private static func checksum(_ bytes: some Sequence<UInt8>) -> Int64 {
    Array(bytes).withUnsafeBytes { Int64(bitPattern: Digest.short($0)) }
  }
}
