import Synchronization

/// A message on its way between two ranks of one process.
///
/// Its bytes are written before it is handed over, and only read after that; the flag is atomic: it is `Sendable`.
final class InProcessMessage: Sendable {
  let source: Int
  let kind: MessageKind
  let payload: ReceivedBytes
  private let taken = Atomic<Bool>(false)

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

  /// Whether the receiver has found it. Long messages have not left before.
  var isTaken: Bool { taken.load(ordering: .acquiring) }

  func take() { taken.store(true, ordering: .releasing) }
}

extension ReceivedBytes {
  /// Whether its bytes are those of the pieces, one after the other.
  func isMade(of pieces: [UnsafeRawBufferPointer]) -> Bool {
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
