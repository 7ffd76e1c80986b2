/// What a message is about; MPI's tag, halved (the lower bit tells a long message's first piece).
package struct MessageKind: Hashable, Sendable {
  package let number: Int32

  package init(_ number: Int32) { self.number = number }
}

/// A message that has arrived whole.
package struct Message {
  package let source: Int
  package let kind: MessageKind
  package let payload: ReceivedBytes

  package var bytes: UnsafeRawBufferPointer { payload.bytes }
}

/// Memory that a message was received into. Aligned for every standard type, vectors included.
///
/// Not changed any more once its message is delivered, so it may be read by any thread: that is why it is `Sendable`.
package final class ReceivedBytes: @unchecked Sendable {
  static let alignment = 64

  let memory: UnsafeMutableRawBufferPointer
  private let buffers: BufferPool
  private let buffer: UnsafeMutableRawBufferPointer

  package var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(memory) }

  init(count: Int, from buffers: BufferPool) {
    self.buffers = buffers
    buffer = buffers.take(count)
    memory = UnsafeMutableRawBufferPointer(rebasing: buffer[..<count])
  }

  deinit { buffers.giveBack(buffer) }
}
