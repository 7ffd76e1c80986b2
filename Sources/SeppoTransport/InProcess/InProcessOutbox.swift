/// Sends in flight, each with the owner of its memory.
///
/// The bytes are copied at the start. Their owner is released some polls later, and for a long message only after the
/// receiver has found it, as under MPI. Then the bytes are compared with the copy, to detect changes.
struct InProcessOutbox {
  private struct Sending {
    let message: InProcessMessage
    let pieces: [UnsafeRawBufferPointer]
    let owner: AnyObject
    let waitsForReceiver: Bool
    /// Number of polls that it still waits.
    var delay: Int
  }

  /// Maximum size of a message whose send completes without its receiver, in bytes.
  static let eagerLimit = 4_096
  /// Maximum number of polls for which an owner is retained.
  static let longestDelay = 6

  private let rank: Int
  private var delays: SeededGenerator
  private var inFlight: [Sending] = []
  /// Total number of completed sends.
  private(set) var done = 0

  init(rank: Int, seed: UInt64) {
    self.rank = rank
    delays = SeededGenerator(seed, rank)
  }

  var isEmpty: Bool { inFlight.isEmpty }

  mutating func append(_ message: InProcessMessage, _ pieces: [UnsafeRawBufferPointer], keeping owner: AnyObject) {
    inFlight.append(
      Sending(
        message: message, pieces: pieces, owner: owner,
        waitsForReceiver: message.payload.bytes.count > InProcessOutbox.eagerLimit,
        delay: delays.delay(upTo: InProcessOutbox.longestDelay)))
  }

  mutating func progress() throws {
    var kept = 0
    for index in inFlight.indices {
      if try isDone(index) { continue }
      inFlight.swapAt(kept, index)
      kept += 1
    }
    done += inFlight.count - kept
    inFlight.removeLast(inFlight.count - kept)
  }

  private mutating func isDone(_ index: Int) throws -> Bool {
    if inFlight[index].waitsForReceiver, !inFlight[index].message.isReceived { return false }
    inFlight[index].delay -= 1
    if inFlight[index].delay >= 0 { return false }
    let sending = inFlight[index]
    guard sending.message.payload.isConcatenation(of: sending.pieces) else {
      throw InProcessError.bytesChanged(rank: rank, of: "a message")
    }
    return true
  }
}
