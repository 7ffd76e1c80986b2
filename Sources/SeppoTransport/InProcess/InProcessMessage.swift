import Synchronization

/// A message in flight between two ranks of one process.
///
/// Its bytes are immutable after `init`.
final class InProcessMessage: Sendable {
  let source: Int
  let kind: MessageKind
  let payload: ReceivedBytes
  private let received = Atomic<Bool>(false)

  init(source: Int, kind: MessageKind, pieces: [UnsafeRawBufferPointer], from buffers: BufferPool) {
    self.source = source
    self.kind = kind
    payload = ReceivedBytes(count: pieces.reduce(0) { $0 + $1.count }, from: buffers)
    var offset = 0
    for piece in pieces {
      UnsafeMutableRawBufferPointer(rebasing: payload.memory[offset...]).copyMemory(from: piece)
      offset += piece.count
    }
  }

  /// Whether the receiver has found it. The send of a long message is not complete before.
  var isReceived: Bool { received.load(ordering: .acquiring) }

  func markReceived() { received.store(true, ordering: .releasing) }
}

extension ReceivedBytes {
  /// Whether its bytes equal those of the pieces, concatenated.
  func isConcatenation(of pieces: [UnsafeRawBufferPointer]) -> Bool {
    var offset = 0
    for piece in pieces {
      guard areEqual(piece, UnsafeRawBufferPointer(rebasing: bytes[offset..<(offset + piece.count)])) else {
        return false
      }
      offset += piece.count
    }
    return offset == bytes.count
  }
}
