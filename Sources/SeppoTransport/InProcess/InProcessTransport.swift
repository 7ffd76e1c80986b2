/// One rank of several in this process: see `InProcessNetwork`.
package final class InProcessTransport: Transport {
  package let rank: Int
  package let size: Int
  package let buffers = BufferPool()
  package var whileWaiting: () throws -> Void = {}
  package var mayReceive: (_ bytes: Int, _ source: Int) throws -> Void = { _, _ in }

  private let network: InProcessNetwork
  private var outbox: InProcessOutbox
  /// Found, and not yet given to `poll`.
  private var arrived: [InProcessMessage] = []
  /// A message has been found and not received.
  private var isFull = false
  /// Looks at which a message was on its way.
  private var looksForSome = 0
  private var collectives = 0
  private var delays: SeededGenerator

  private static let long = 1 << 20
  /// The most looks for which a broadcast goes on when its bytes are there.
  private static let longestDelay = 4

  /// To be made once for each rank, and used by one thread.
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
    if isFull { return }
    let (found, areOnTheirWay) = network.mailboxes[rank].look()
    if areOnTheirWay { looksForSome += 1 }
    guard let found else { return }
    if found.payload.bytes.count >= InProcessTransport.long {
      isFull = true
      try mayReceive(found.payload.bytes.count, found.source)
      isFull = false
    }
    arrived.append(found)
  }

  package var moved: Int { looksForSome &+ outbox.done }

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
    var underWay: [InProcessBroadcast] = []
    var begun = 0
    var failure: (any Error)?
    for number in 0..<count {
      while begun < min(count, number + ahead) {
        let (bytes, owner) = piece(begun)
        underWay.append(
          InProcessBroadcast(
            bytes, keeping: owner, root: root, rank: rank, number: collectives,
            looks: delays.delay(upTo: InProcessTransport.longestDelay)))
        begun += 1
        // As under MPI, one of no bytes is nothing that ranks do together.
        if bytes.isEmpty { continue }
        collectives += 1
        try underWay[underWay.count - 1].begin(in: network.collectives, buffers)
      }
      try wait(whileWaiting) {
        for index in underWay.indices { try underWay[index].progress(in: network.collectives) }
        return underWay[0].isDone ? () : nil
      }
      let first = underWay.removeFirst()
      guard failure == nil else { continue }
      withExtendedLifetime(first) {
        do { try arrived(number, first.bytes) } catch { failure = error }
      }
      try whileWaiting()
    }
    if let failure { throw failure }
  }

  package func agree(_ number: Int) throws -> Int {
    let own = withUnsafeBytes(of: number) { rank == 0 ? gift($0) : nil }
    return try collect(.agree, giving: own) { gifts in
      gifts[0]?.bytes.loadUnaligned(as: Int.self)
    }
  }

  package func allGather(_ text: String, capacity: Int) throws -> [String] {
    let own = Array(text.utf8.prefix(capacity)).withUnsafeBytes { gift($0) }
    return try collect(.allGather(capacity: capacity), giving: own) { gifts in
      let texts = gifts.compactMap { $0.map { String(decoding: $0.bytes.prefix { $0 != 0 }, as: UTF8.self) } }
      return texts.count == gifts.count ? texts : nil
    }
  }

  private func gift(_ bytes: UnsafeRawBufferPointer) -> ReceivedBytes {
    let gift = ReceivedBytes(count: bytes.count, from: buffers)
    gift.memory.copyMemory(from: bytes)
    return gift
  }

  /// One collective operation, which ends when the body makes something of what came.
  private func collect<Value>(
    _ collective: InProcessError.Collective, giving gift: ReceivedBytes?, _ body: ([ReceivedBytes?]) -> Value?
  ) throws -> Value {
    try network.check()
    let number = collectives
    collectives += 1
    try network.collectives.begin(collective, number: number, by: rank, giving: gift)
    let value = try wait({}, until: { body(try network.collectives.look(at: number).gifts) })
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
