/// Sends messages between the ranks of a job: over MPI (`Communicator`), or in one process (`InProcessTransport`).
///
/// Only one thread at a time uses it, the one that is inside a call to Seppo. Only the collective operations and
/// `flush` wait for other ranks: sends retain their memory and return, and `poll` returns received messages.
package protocol Transport: AnyObject {
  var rank: Int { get }
  var size: Int { get }

  /// Called repeatedly while this rank waits in `flush` or `broadcast`, which rethrow its errors.
  var whileWaiting: () throws -> Void { get set }

  /// Called before memory is allocated for a message of 1 MiB or more, with its size and source rank. An error that it
  /// throws is rethrown by the receiving call, and no further messages are received.
  var mayReceive: (_ bytes: Int, _ source: Int) throws -> Void { get set }

  /// The pool of buffers for received messages.
  var buffers: BufferPool { get }

  /// Starts to send a message, and returns immediately.
  ///
  /// - Parameters:
  ///   - bytes: of any length. They must not change while `owner` is alive.
  ///   - owner: retained until the transport no longer needs the bytes.
  func send(_ bytes: UnsafeRawBufferPointer, keeping owner: AnyObject, to rank: Int, kind: MessageKind) throws

  /// Starts to send several buffers as one message, and returns immediately.
  func send(_ pieces: [UnsafeRawBufferPointer], keeping owner: AnyObject, to rank: Int, kind: MessageKind) throws

  /// Progresses all transfers, and returns the next message that has arrived completely, if any.
  ///
  /// Messages from one rank arrive in the order in which it sent them.
  func poll() throws -> Message?

  /// A counter that changes while messages, or pieces of them, are being transferred.
  var moved: Int { get }

  /// Whether a send is not complete yet.
  var isSending: Bool { get }

  /// Waits until all sends are complete. Messages received meanwhile are kept for the next `poll`.
  ///
  /// - Parameter longest: maximum total sleep, in nanoseconds, in case a receiver no longer receives.
  func flush(atMost longest: Int) throws

  /// Broadcasts the root's bytes in pieces, so that a rank can process one piece while the next ones arrive. Every rank
  /// must call it with the same number of pieces, of the same sizes.
  ///
  /// - Parameters:
  ///   - piece: returns the bytes of a piece, and their owner, when the piece is about to start.
  ///   - arrived: called with each piece in order. An error that it throws is rethrown after the last piece, because
  ///     the other ranks still need all of them.
  func broadcast(
    pieces count: Int, root: Int, piece: (Int) -> (bytes: UnsafeMutableRawBufferPointer, owner: AnyObject),
    arrived: (Int, UnsafeMutableRawBufferPointer) throws -> Void) throws

  /// Returns rank 0's number on every rank. Collective: every rank must call it.
  func agree(_ number: Int) throws -> Int

  /// Returns every rank's text on every rank. Collective: every rank must call it, with the same capacity.
  ///
  /// - Parameter capacity: bytes per text. Longer texts are truncated.
  func allGather(_ text: String, capacity: Int) throws -> [String]

  /// Frees the transport's resources. Collective: every rank must call it, with no transfers in flight.
  func free() throws

  /// Ends the whole job, on every rank, with this status. MPI ends the processes. If the ranks are threads of one
  /// process, this call throws, and so does the next call of every other rank.
  func abort(status: Int32) throws -> Never
}

extension Transport {
  package func flush() throws { try flush(atMost: .max) }

  /// Waits until all sends are complete.
  ///
  /// - Parameter move: progresses all transfers, receives included: two ranks that only send would wait for each other.
  func flush(atMost longest: Int, _ move: () throws -> Void) throws {
    var backoff = Backoff()
    var slept = 0
    while isSending, slept < longest {
      try move()
      if !isSending { return }
      let pause = backoff.next()
      rest(pause)
      if case .sleep(let nanoseconds) = pause {
        slept += nanoseconds
        try whileWaiting()
      }
    }
  }

  /// Broadcasts the root's bytes. Collective: every rank must call it with the same count.
  package func broadcast(_ bytes: UnsafeMutableRawBufferPointer, root: Int = 0) throws {
    try broadcast(pieces: 1, root: root, piece: { _ in (bytes, self) }, arrived: { _, _ in })
  }

  /// Broadcasts rank 0's bytes in pieces.
  package func broadcast(
    pieces count: Int, piece: (Int) -> (bytes: UnsafeMutableRawBufferPointer, owner: AnyObject),
    arrived: (Int, UnsafeMutableRawBufferPointer) throws -> Void
  ) throws {
    try broadcast(pieces: count, root: 0, piece: piece, arrived: arrived)
  }
}
