/// The kind of a message: MPI's tag without its lowest bit, which marks the preamble of a split message.
package struct MessageKind: Hashable, Sendable {
  package let number: Int32

  package init(_ number: Int32) { self.number = number }
}

/// A message that has arrived completely.
package struct Message {
  package let source: Int
  package let kind: MessageKind
  package let payload: ReceivedBytes

  package var bytes: UnsafeRawBufferPointer { payload.bytes }
}

/// The memory of a received message, aligned for every standard type, including SIMD vectors.
///
/// `Sendable` because the memory is immutable once the message is delivered.
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

  deinit { buffers.put(buffer) }
}
