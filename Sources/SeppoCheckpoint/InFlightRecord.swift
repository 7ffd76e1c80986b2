import Foundation
import SeppoWire

/// What an earlier job's ranks had in hand when it died, as its notes say.
struct InFlightRecord: Equatable {
  struct Holding: Equatable {
    let rank: Int
    let items: Range<Int>
  }

  /// Tells that job's notes from every other's.
  let run: Data
  let call: Int64
  /// The ranks of whose death it died; none where nobody knows.
  let dead: Set<Int>
  let holdings: [Holding]
}

/// How the notes of what is in hand stand in their file.
///
/// A header with the name of the job, in plain text; the ranks that are dead; then slots, none of which lies on two pages
/// of memory: so each is written or not, whenever the process is killed. What doesn't match its checksum isn't there.
enum InFlightLayout {
  static let magic = Array("SeppoIH1".utf8)
  static let headerSize = 512
  static let ownerOffset = 48
  static let deadOffset = headerSize
  static let deadSize = 8192
  static let mostDead = (deadSize - 16) / 8
  static let slotsOffset = deadOffset + deadSize
  static let slotSize = 32

  static func header(run: Data, call: Int64, owner: String) -> [UInt8] {
    // A text that is cut off may end in the middle of a character; that is mended where it is read.
    let owner = Array(owner.utf8.prefix(headerSize - ownerOffset))
    var header = magic + Array(run)
    append(call, to: &header)
    var rest: [UInt8] = []
    append(Int64(owner.count), to: &rest)
    rest += owner
    append(check(header + rest), to: &header)
    header += rest
    return header + [UInt8](repeating: 0, count: headerSize - header.count)
  }

  static func dead(_ ranks: [Int], run: Data) -> [UInt8] {
    var words: [UInt8] = []
    let ranks = ranks.prefix(mostDead)
    append(Int64(ranks.count), to: &words)
    for rank in ranks { append(Int64(rank), to: &words) }
    var record: [UInt8] = []
    append(check(Array(run) + words), to: &record)
    return record + words
  }

  static func slot(rank: Int, items: Range<Int>, run: Data) -> [UInt8] {
    var slot: [UInt8] = []
    append(Int64(rank), to: &slot)
    append(Int64(items.lowerBound), to: &slot)
    append(Int64(items.upperBound), to: &slot)
    append(check(slot + Array(run)), to: &slot)
    return slot
  }

  static let emptySlot = [UInt8](repeating: 0, count: slotSize)

  /// Nil where these aren't notes, or damaged ones.
  static func read(_ bytes: [UInt8]) -> (notes: InFlightRecord, owner: String)? {
    guard bytes.count >= headerSize, bytes.starts(with: magic) else { return nil }
    let length = Int(clamping: word(bytes, 40))
    guard (0...headerSize - ownerOffset).contains(length),
      word(bytes, 32) == check(bytes[..<32] + bytes[40..<ownerOffset + length])
    else { return nil }
    let run = Data(bytes[8..<24])
    let owner = String(decoding: bytes[ownerOffset..<ownerOffset + length], as: UTF8.self)
    let notes = InFlightRecord(run: run, call: word(bytes, 24), dead: dead(bytes, run), holdings: holdings(bytes, run))
    return (notes, owner)
  }

  private static func dead(_ bytes: [UInt8], _ run: Data) -> Set<Int> {
    guard bytes.count >= deadOffset + 16 else { return [] }
    let count = Int(clamping: word(bytes, deadOffset + 8))
    let end = deadOffset + 16 + 8 * min(max(0, count), mostDead)
    guard (1...mostDead).contains(count), bytes.count >= end,
      word(bytes, deadOffset) == check(Array(run) + bytes[deadOffset + 8..<end])
    else { return [] }
    return Set(stride(from: deadOffset + 16, to: end, by: 8).map { Int(word(bytes, $0)) })
  }

  private static func holdings(_ bytes: [UInt8], _ run: Data) -> [InFlightRecord.Holding] {
    stride(from: slotsOffset, through: bytes.count - slotSize, by: slotSize).compactMap { start in
      let (lower, upper) = (word(bytes, start + 8), word(bytes, start + 16))
      guard lower >= 0, lower < upper, word(bytes, start + 24) == check(bytes[start..<start + 24] + Array(run)) else {
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

  private static func check(_ bytes: some Sequence<UInt8>) -> Int64 {
    Array(bytes).withUnsafeBytes { Int64(bitPattern: Digest.short($0)) }
  }
}
