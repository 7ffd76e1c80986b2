internal import CMPI

/// A transport over MPI. It uses a duplicate of `MPI_COMM_WORLD`, so that its messages never match the user's own MPI
/// calls.
///
/// Nothing here blocks on a peer: sends are non-blocking and retain their memory, receives use probes, and the
/// broadcast is polled.
package final class Communicator: Transport {
  package let rank: Int
  package let size: Int
  /// Maximum size of a message that MPI gets in one piece, in bytes. MPI's counts are `Int32`.
  package let splitSize: Int

  package var whileWaiting: () throws -> Void = {}

  package var mayReceive: (_ bytes: Int, _ source: Int) throws -> Void {
    get { inbox.mayReceive }
    set { inbox.mayReceive = newValue }
  }

  private let handle: SeppoComm
  private var outbox = Outbox()
  private var inbox = Inbox()
  package var buffers: BufferPool { inbox.buffers }

  package static let largestSplit = 1 << 30

  /// Duplicates `MPI_COMM_WORLD`. Collective: every rank must call it.
  ///
  /// - Parameter splitSize: in bytes, 1 to 2³⁰; small values are for tests. All ranks use rank 0's value.
  package init(splitSize: Int = Communicator.largestSplit) throws {
    precondition((1...Communicator.largestSplit).contains(splitSize), "split size \(splitSize)")
    var duplicate = seppo_comm_null()
    try check("MPI_Comm_dup", seppo_comm_dup(seppo_comm_world(), &duplicate))
    try check("MPI_Comm_set_errhandler", seppo_return_errors(duplicate))
    var rank: Int32 = 0
    var size: Int32 = 0
    try check("MPI_Comm_rank", seppo_comm_rank(duplicate, &rank))
    try check("MPI_Comm_size", seppo_comm_size(duplicate, &size))
    self.handle = duplicate
    self.rank = Int(rank)
    self.size = Int(size)
    // Ranks may have different environments, and a broadcast needs the same pieces on every rank.
    var split = splitSize
    try check("MPI_Bcast", seppo_bcast(&split, 8, 0, duplicate))
    self.splitSize = split
  }

  /// `MPI_Comm_free`.
  package func free() throws {
    var handle = self.handle
    try check("MPI_Comm_free", seppo_comm_free(&handle))
  }

  /// `MPI_Isend`.
  package func send(_ bytes: UnsafeRawBufferPointer, keeping owner: AnyObject, to rank: Int, kind: MessageKind) throws {
    if bytes.count > splitSize { return try send([bytes], keeping: owner, to: rank, kind: kind) }
    try outbox.send(bytes, keeping: owner, to: rank, tag: kind.number << 1, on: handle)
  }

  /// Sends a preamble with the total length, then the pieces.
  package func send(
    _ pieces: [UnsafeRawBufferPointer], keeping owner: AnyObject, to rank: Int, kind: MessageKind
  ) throws {
    let tag = kind.number << 1
    let preamble = Preamble(total: pieces.reduce(0) { $0 + $1.count })
    try outbox.send(preamble.bytes, keeping: preamble, to: rank, tag: tag | 1, on: handle)
    for bytes in pieces {
      var offset = 0
      while offset < bytes.count {
        let piece = UnsafeRawBufferPointer(rebasing: bytes[offset..<min(offset + splitSize, bytes.count)])
        try outbox.send(piece, keeping: owner, to: rank, tag: tag, on: handle)
        offset += piece.count
      }
    }
  }

  package func poll() throws -> Message? {
    if !outbox.isEmpty { try outbox.progress() }
    return try inbox.poll(on: handle)
  }

  package var moved: Int { inbox.found &+ outbox.done }

  package var isSending: Bool { !outbox.isEmpty }

  package func flush(atMost longest: Int) throws {
    try flush(atMost: longest) {
      try outbox.progress()
      try inbox.receive(on: handle)
    }
  }

  /// `MPI_Ibcast`, polled.
  package func broadcast(
    pieces count: Int, root: Int, piece: (Int) -> (bytes: UnsafeMutableRawBufferPointer, owner: AnyObject),
    arrived: (Int, UnsafeMutableRawBufferPointer) throws -> Void
  ) throws {
    var inFlight = Broadcasts(root: root, splitSize: splitSize, on: handle)
    var started = 0
    var failure: (any Error)?
    for number in 0..<count {
      var backoff = Backoff()
      while true {
        if started < count, inFlight.hasCapacity {
          let (bytes, owner) = piece(started)
          inFlight.append(bytes, keeping: owner)
          started += 1
          continue
        }
        let before = inFlight.done
        if try inFlight.firstIsDone() { break }
        if inFlight.done != before { backoff.reset() }
        let pause = backoff.next()
        rest(pause)
        if case .sleep = pause { try whileWaiting() }
      }
      let (bytes, owner) = inFlight.removeFirst()
      guard failure == nil else { continue }
      withExtendedLifetime(owner) {
        do { try arrived(number, bytes) } catch { failure = error }
      }
      // `arrived` may take longer than the transfer, so that the loop above never sleeps.
      try whileWaiting()
    }
    if let failure { throw failure }
  }

  /// `MPI_Bcast`.
  package func agree(_ number: Int) throws -> Int {
    var number = Int64(number)
    try check("MPI_Bcast", seppo_bcast(&number, 8, 0, handle))
    return Int(number)
  }

  /// `MPI_Allgather`.
  package func allGather(_ text: String, capacity: Int) throws -> [String] {
    let own = Array(text.utf8.prefix(capacity)) + Array(repeating: 0, count: max(0, capacity - text.utf8.count))
    var all = [UInt8](repeating: 0, count: size * capacity)
    try check("MPI_Allgather", seppo_allgather(own, Int32(capacity), &all, handle))
    return (0..<size).map { rank in
      String(decoding: all[(rank * capacity)..<((rank + 1) * capacity)].prefix { $0 != 0 }, as: UTF8.self)
    }
  }

  /// `MPI_Abort`.
  package func abort(status: Int32) -> Never {
    _ = seppo_abort(handle, status)
    // MPI_Abort returns only if it fails: end at least this process.
    exitImmediately(status: status == 0 ? 1 : status)
  }
}

/// The first message of a split message: its total length.
private final class Preamble {
  let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: 8, alignment: 8)

  var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(memory) }

  init(total: Int) { memory.storeBytes(of: UInt64(total).littleEndian, as: UInt64.self) }

  deinit { memory.deallocate() }
}
