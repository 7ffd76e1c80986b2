/// Sends that are not done, each with the owner of its memory.
///
/// The bytes were copied when the send began. Their owner is released some looks later, and longer ones not before the
/// receiver has found them, as MPI does; then the bytes are compared with the copy.
struct InProcessOutbox {
  private struct Sending {
    let message: InProcessMessage
    let pieces: [UnsafeRawBufferPointer]
    let owner: AnyObject
    let waitsForReceiver: Bool
    var looks: Int
  }

  /// Bytes up to which a message leaves without its receiver.
  static let eager = 4_096
  /// The most looks for which an owner is kept.
  static let longestDelay = 6

  private let rank: Int
  private var delays: SeededGenerator
  private var underWay: [Sending] = []
  /// Sends that are done, in all.
  private(set) var done = 0

  init(rank: Int, seed: UInt64) {
    self.rank = rank
    delays = SeededGenerator(seed, rank)
  }

  var isEmpty: Bool { underWay.isEmpty }

  mutating func append(_ message: InProcessMessage, _ pieces: [UnsafeRawBufferPointer], keeping owner: AnyObject) {
    underWay.append(
      Sending(
        message: message, pieces: pieces, owner: owner,
        waitsForReceiver: message.payload.bytes.count > InProcessOutbox.eager,
        looks: delays.delay(upTo: InProcessOutbox.longestDelay)))
  }

  mutating func progress() throws {
    var kept = 0
    for index in underWay.indices {
      if try isDone(index) { continue }
      underWay.swapAt(kept, index)
      kept += 1
    }
    done += underWay.count - kept
    underWay.removeLast(underWay.count - kept)
  }

  private mutating func isDone(_ index: Int) throws -> Bool {
    if underWay[index].waitsForReceiver, !underWay[index].message.isTaken { return false }
    underWay[index].looks -= 1
    if underWay[index].looks >= 0 { return false }
    let sending = underWay[index]
    guard sending.message.payload.isMade(of: sending.pieces) else {
      throw InProcessError.bytesChanged(rank: rank, of: "a message")
    }
    return true
  }
}
