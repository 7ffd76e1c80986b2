/// A job of one rank in a process that no launcher started. There is no other rank to exchange messages with, so MPI isn't
/// needed, and several of these may be in use at the same time.
package final class LoneTransport: Transport {
  package let rank = 0
  package let size = 1
  package let buffers = BufferPool()
  package var whileWaiting: () throws -> Void = {}
  package var mayReceive: (_ bytes: Int, _ source: Int) throws -> Void = { _, _ in }
  package let moved = 0
  package let isSending = false

  package init() {}

  package func send(_ bytes: UnsafeRawBufferPointer, keeping owner: AnyObject, to rank: Int, kind: MessageKind) throws {
    preconditionFailure("a message to rank \(rank) of a job of one rank")
  }

  package func send(
    _ pieces: [UnsafeRawBufferPointer], keeping owner: AnyObject, to rank: Int, kind: MessageKind
  ) throws {
    preconditionFailure("a message to rank \(rank) of a job of one rank")
  }

  package func poll() throws -> Message? { nil }

  package func flush(atMost longest: Int) throws {}

  package func broadcast(
    pieces count: Int, root: Int, piece: (Int) -> (bytes: UnsafeMutableRawBufferPointer, owner: AnyObject),
    arrived: (Int, UnsafeMutableRawBufferPointer) throws -> Void
  ) throws {
    for number in 0..<count {
      let (bytes, owner) = piece(number)
      try withExtendedLifetime(owner) { try arrived(number, bytes) }
    }
  }

  package func agree(_ number: Int) throws -> Int { number }

  package func allGather(_ text: String, capacity: Int) throws -> [String] {
    [String(decoding: text.utf8.prefix(capacity), as: UTF8.self)]
  }

  package func free() throws { buffers.empty() }

  package func abort(status: Int32) throws -> Never { exitImmediately(status: status) }
}
