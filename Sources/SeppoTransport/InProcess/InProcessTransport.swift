/// The transport of one rank among several in this process. See `InProcessNetwork`.
package final class InProcessTransport: Transport {
  package let rank: Int
  package let size: Int
  package let buffers = BufferPool()
  package var whileWaiting: () throws -> Void = {}
  package var mayReceive: (_ bytes: Int, _ source: Int) throws -> Void = { _, _ in }

  private let network: InProcessNetwork
  private var outbox: InProcessOutbox
  /// Messages found but not yet returned by `poll`.
  private var arrived: [InProcessMessage] = []
  /// Whether `mayReceive` refused a message. Then no more are received.
  private var hasRefused = false
  /// Number of polls during which a message was in flight.
  private var busyPolls = 0
  /// Number of collective operations started.
  private var collectives = 0
  private var delays: SeededGenerator

  /// Minimum size of a message for which `mayReceive` is asked, in bytes.
  private static let long = 1 << 20
  /// Maximum number of polls that a broadcast waits once its bytes have arrived.
  private static let longestDelay = 4

  /// Create one per rank, and use it on one thread.
  package init(rank: Int, on network: InProcessNetwork) {
    precondition((0..<network.size).contains(rank), "rank \(rank)")
    self.rank = rank
    self.network = network
    size = network.size
    outbox = InProcessOutbox(rank: rank, seed: network.seed)
    delays = SeededGenerator(network.seed, rank, rank)
  }

  package func send(_ bytes: UnsafeRawBufferPointer, keeping owner: AnyObject, to rank: Int, kind: MessageKind) throws {
    try send([bytes], keeping: owner, to: rank, kind: kind)
  }

  package func send(
    _ pieces: [UnsafeRawBufferPointer], keeping owner: AnyObject, to rank: Int, kind: MessageKind
  ) throws {
    try network.check()
    guard (0..<size).contains(rank) else { throw InProcessError.noSuchRank(rank, size: size) }
    let message = InProcessMessage(source: self.rank, kind: kind, pieces: pieces, from: buffers)
    network.mailboxes[rank].put(message)
    outbox.append(message, pieces, keeping: owner)
  }

  package func poll() throws -> Message? {
    try network.check()
    try outbox.progress()
    try receive()
    if arrived.isEmpty { return nil }
    let message = arrived.removeFirst()
    return Message(source: message.source, kind: message.kind, payload: message.payload)
  }

  private func receive() throws {
    if hasRefused { return }
    let (found, isBusy) = network.mailboxes[rank].poll()
    if isBusy { busyPolls += 1 }
    guard let found else { return }
    if found.payload.bytes.count >= InProcessTransport.long {
      hasRefused = true
      try mayReceive(found.payload.bytes.count, found.source)
      hasRefused = false
    }
    arrived.append(found)
  }

  package var moved: Int { busyPolls &+ outbox.done }

  package var isSending: Bool { !outbox.isEmpty }

  package func flush(atMost longest: Int) throws {
    try flush(atMost: longest) {
      try network.check()
      try outbox.progress()
      try receive()
    }
  }

  package func broadcast(
    pieces count: Int, root: Int, piece: (Int) -> (bytes: UnsafeMutableRawBufferPointer, owner: AnyObject),
    arrived: (Int, UnsafeMutableRawBufferPointer) throws -> Void
  ) throws {
    let ahead = 1 + delays.below(3)
    var inFlight: [InProcessBroadcast] = []
    var started = 0
    var failure: (any Error)?
    for number in 0..<count {
      while started < min(count, number + ahead) {
        let (bytes, owner) = piece(started)
        inFlight.append(
          InProcessBroadcast(
            bytes, keeping: owner, root: root, rank: rank, number: collectives,
            delay: delays.delay(upTo: InProcessTransport.longestDelay)))
        started += 1
        // As in `Broadcasts`, an empty piece is no collective operation.
        if bytes.isEmpty { continue }
        collectives += 1
        try inFlight[inFlight.count - 1].start(in: network.collectives, buffers)
      }
      try wait(whileWaiting) {
        for index in inFlight.indices { try inFlight[index].progress(in: network.collectives) }
        return inFlight[0].isDone ? () : nil
      }
      let first = inFlight.removeFirst()
      guard failure == nil else { continue }
      withExtendedLifetime(first) {
        do { try arrived(number, first.bytes) } catch { failure = error }
      }
      try whileWaiting()
    }
    if let failure { throw failure }
  }

  package func agree(_ number: Int) throws -> Int {
    let own = withUnsafeBytes(of: number) { rank == 0 ? contribution($0) : nil }
    return try collect(.agree, contributing: own) { contributions in
      contributions[0]?.bytes.loadUnaligned(as: Int.self)
    }
  }

  package func allGather(_ text: String, capacity: Int) throws -> [String] {
    let own = Array(text.utf8.prefix(capacity)).withUnsafeBytes { contribution($0) }
    return try collect(.allGather(capacity: capacity), contributing: own) { contributions in
      let texts = contributions.compactMap { $0.map { String(decoding: $0.bytes.prefix { $0 != 0 }, as: UTF8.self) } }
      return texts.count == contributions.count ? texts : nil
    }
  }

  private func contribution(_ bytes: UnsafeRawBufferPointer) -> ReceivedBytes {
    let copy = ReceivedBytes(count: bytes.count, from: buffers)
    copy.memory.copyMemory(from: bytes)
    return copy
  }

  /// Runs one collective operation, until the body returns a value made of the contributions so far.
  private func collect<Value>(
    _ collective: InProcessError.Collective, contributing contribution: ReceivedBytes?,
    _ body: ([ReceivedBytes?]) -> Value?
  ) throws -> Value {
    try network.check()
    let number = collectives
    collectives += 1
    try network.collectives.start(collective, number: number, by: rank, contributing: contribution)
    let value = try wait({}, until: { body(try network.collectives.state(of: number).contributions) })
    network.collectives.finish(number)
    return value
  }

  private func wait<Value>(_ whileWaiting: () throws -> Void, until body: () throws -> Value?) throws -> Value {
    var backoff = Backoff()
    while true {
      try network.check()
      if let value = try body() { return value }
      let pause = backoff.next()
      rest(pause)
      if case .sleep = pause { try whileWaiting() }
    }
  }

  package func free() throws { buffers.empty() }

  package func abort(status: Int32) throws -> Never {
    network.abort(InProcessAbort(status: status, rank: rank))
    try network.check()
    preconditionFailure("an aborted network has an error")
  }
}
