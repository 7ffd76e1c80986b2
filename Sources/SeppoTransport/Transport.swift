/// Messages between the ranks of a job: MPI's (`Communicator`), or in one process (`InProcessTransport`).
///
/// One thread at a time uses it, the one that is in a call of Seppo's. Nothing but the collective operations and `flush`
/// waits for another rank: sends keep their memory and return, receives are found by `poll`.
package protocol Transport: AnyObject {
  var rank: Int { get }
  var size: Int { get }

  /// Called now and then while this rank waits within `flush` or `broadcast`; what it throws is thrown there.
  var whileWaiting: () throws -> Void { get set }

  /// Asked before memory is taken for a message of 1 MiB or more: its bytes, and the rank that sends it. What it throws is
  /// thrown where messages are received, and no further ones are.
  var mayReceive: (_ bytes: Int, _ source: Int) throws -> Void { get set }

  /// The memory of received messages that is kept for the next ones.
  var buffers: BufferPool { get }

  /// Starts to send, and returns at once.
  ///
  /// - Parameters:
  ///   - bytes: any length. They must stay as they are for as long as `owner` lives.
  ///   - owner: kept until the transport has done with the bytes.
  func send(_ bytes: UnsafeRawBufferPointer, keeping owner: AnyObject, to rank: Int, kind: MessageKind) throws

  /// Starts to send one message whose bytes stand in several places, and returns at once.
  func send(_ pieces: [UnsafeRawBufferPointer], keeping owner: AnyObject, to rank: Int, kind: MessageKind) throws

  /// Moves what is under way, and gives the next message that has arrived whole, if there is one.
  ///
  /// Messages of one rank come in the order that it sent them in.
  func poll() throws -> Message?

  /// Changes as long as messages, or pieces of them, come and go: then a wait isn't one for nothing.
  var moved: Int { get }

  /// Whether something that was sent has not left.
  var isSending: Bool { get }

  /// Waits until everything that was sent has left. Incoming messages stay for the next `poll`.
  ///
  /// - Parameter longest: nanoseconds that it sleeps at the most, in all: for receivers that may not listen.
  func flush(atMost longest: Int) throws

  /// Gives the root's bytes to every rank piece by piece, so that one can be worked on while the next ones come. Every rank
  /// must call it with the same number of pieces, of the same sizes.
  ///
  /// - Parameters:
  ///   - piece: gives each piece's bytes, and what keeps them, when its turn has come.
  ///   - arrived: told of each piece in turn. What it throws is thrown when all pieces have come: the other ranks go on.
  func broadcast(
    pieces count: Int, root: Int, piece: (Int) -> (bytes: UnsafeMutableRawBufferPointer, owner: AnyObject),
    arrived: (Int, UnsafeMutableRawBufferPointer) throws -> Void) throws

  /// Rank 0's number, on every rank. Every rank must call it.
  func agree(_ number: Int) throws -> Int

  /// Every rank's text, on every rank. Every rank must call it, with the same capacity.
  ///
  /// - Parameter capacity: bytes for each; longer texts are cut off.
  func allGather(_ text: String, capacity: Int) throws -> [String]

  /// Gives back what the transport holds; every rank must do so, with nothing under way.
  func free() throws

  /// Ends the whole job, on every rank, with this status. MPI ends the processes. Where the ranks are threads of one process,
  /// it throws, here and from the next call of every other rank.
  func abort(status: Int32) throws -> Never
}

extension Transport {
  package func flush() throws { try flush(atMost: .max) }

  /// Waits until everything that was sent has left.
  ///
  /// - Parameter move: moves what is under way. Two ranks that both only send would never see each other's bytes: it receives
  ///   too.
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

  /// Gives the root's bytes to every rank. Every rank must call it with the same count.
  package func broadcast(_ bytes: UnsafeMutableRawBufferPointer, root: Int = 0) throws {
    try broadcast(pieces: 1, root: root, piece: { _ in (bytes, self) }, arrived: { _, _ in })
  }

  /// As with a root, which is rank 0.
  package func broadcast(
    pieces count: Int, piece: (Int) -> (bytes: UnsafeMutableRawBufferPointer, owner: AnyObject),
    arrived: (Int, UnsafeMutableRawBufferPointer) throws -> Void
  ) throws {
    try broadcast(pieces: count, root: 0, piece: piece, arrived: arrived)
  }
}
