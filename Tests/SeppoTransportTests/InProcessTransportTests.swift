import Synchronization
import Testing
import TransportProperties

@testable import SeppoTransport

@Suite("In-process transport")
struct InProcessTransportTests {
  static let kind = MessageKind(1)

  @Test("In-process ranks have the same properties as MPI ranks", arguments: [1, 2, 3, 5, 8], [0, 1, 77] as [UInt64])
  func properties(ranks: Int, seed: UInt64) async throws {
    let results = await onRanks(ranks, seed: seed, endTogether: true) {
      try TransportProperties($0).check(pieces: 1_024)
    }
    for result in results { try result.get() }
  }

  private func send(_ count: Int, seed: Int, from transport: InProcessTransport, to rank: Int) throws {
    let bytes = Bytes(count: count, seed: seed)
    try transport.send(
      UnsafeRawBufferPointer(bytes.memory), keeping: bytes, to: rank, kind: InProcessTransportTests.kind)
  }

  /// Lets ranks 1, 2, … send one message each to rank 0, and returns the sources in the order of arrival.
  private func sources(seed: UInt64, ranks: Int = 4) throws -> [Int] {
    let network = InProcessNetwork(ranks: ranks, seed: seed)
    let transports = (0..<ranks).map { InProcessTransport(rank: $0, on: network) }
    for rank in 1..<ranks { try send(8, seed: rank, from: transports[rank], to: 0) }
    var sources: [Int] = []
    for _ in 0..<(Mailbox.longestDelay + ranks) {
      if let message = try transports[0].poll() { sources.append(message.source) }
    }
    return sources
  }

  @Test("Messages from different ranks overtake each other, in an order that depends on the seed only")
  func overtaking() throws {
    let orders = try (0..<20).map { try sources(seed: $0) }
    #expect(orders.allSatisfy { $0.sorted() == [1, 2, 3] })
    #expect(Set(orders).count == 6)
    #expect(try (0..<20).map { try sources(seed: $0) } == orders)
  }

  @Test("A receiver gets each message after a bounded number of polls", arguments: 0..<20 as Range<UInt64>)
  func boundedDelay(seed: UInt64) throws {
    let network = InProcessNetwork(ranks: 3, seed: seed)
    let transports = (0..<3).map { InProcessTransport(rank: $0, on: network) }
    for number in 0..<50 {
      // The receiver has polled for some time before, and another rank keeps sending.
      for _ in 0..<(number % 7) { _ = try transports[0].poll() }
      try send(8, seed: 1, from: transports[1], to: 0)
      try send(8, seed: 2, from: transports[2], to: 0)
      let found = try polls(atMost: Mailbox.longestDelay + 4, transports[0]) { $0?.source == 2 }
      #expect(found != nil)
      while try polls(atMost: Mailbox.longestDelay + 4, transports[0], until: { $0 != nil }) != nil {}
    }
  }

  @Test("A rank that keeps sending does not starve another rank's message", arguments: 0..<20 as Range<UInt64>)
  func fairness(seed: UInt64) throws {
    let network = InProcessNetwork(ranks: 3, seed: seed)
    let transports = (0..<3).map { InProcessTransport(rank: $0, on: network) }
    try send(8, seed: 2, from: transports[2], to: 0)
    for _ in 0..<(2 * Mailbox.longestDelay + 4) {
      try send(8, seed: 1, from: transports[1], to: 0)
      if try transports[0].poll()?.source == 2 { return }
    }
    Issue.record("rank 2's message did not arrive")
  }

  @Test("Some messages are delayed, some are not")
  func delays() throws {
    var found: Set<Int> = []
    for seed in 0..<100 {
      let network = InProcessNetwork(ranks: 1, seed: UInt64(seed))
      let transport = InProcessTransport(rank: 0, on: network)
      try send(8, seed: 1, from: transport, to: 0)
      found.insert(try #require(try polls(atMost: Mailbox.longestDelay + 1, transport) { $0 != nil }))
    }
    #expect(found.contains(1) && found.count > 5 && found.max()! > 4)
  }

  @Test("While a message is in flight, `moved` changes with each poll")
  func moved() throws {
    let transport = InProcessTransport(rank: 0, on: InProcessNetwork(ranks: 1, seed: 3))
    let idle = transport.moved
    _ = try transport.poll()
    #expect(transport.moved == idle)
    try send(8, seed: 1, from: transport, to: 0)
    for _ in 0...Mailbox.longestDelay {
      let before = transport.moved
      let message = try transport.poll()
      #expect(transport.moved != before)
      if message != nil { return }
    }
    Issue.record("no message arrived")
  }

  @Test("A short message's owner is released some polls later")
  func lateRelease() throws {
    var kept: Set<Int> = []
    for seed in 0..<60 {
      let transport = InProcessTransport(rank: 0, on: InProcessNetwork(ranks: 2, seed: UInt64(seed)))
      weak var owner: Bytes?
      do {
        let bytes = Bytes(count: 8, seed: 1)
        owner = bytes
        try transport.send(UnsafeRawBufferPointer(bytes.memory), keeping: bytes, to: 1, kind: MessageKind(1))
      }
      #expect(owner != nil && transport.isSending)
      kept.insert(try #require(try polls(atMost: InProcessOutbox.longestDelay + 1, transport) { _ in owner == nil }))
      #expect(!transport.isSending)
    }
    #expect(kept.contains(1) && kept.count > 2)
  }

  @Test("The send of a long message is not complete before its receiver has found it")
  func longMessage() throws {
    let network = InProcessNetwork(ranks: 2, seed: 5)
    let (sender, receiver) = (InProcessTransport(rank: 0, on: network), InProcessTransport(rank: 1, on: network))
    weak var owner: Bytes?
    do {
      let bytes = Bytes(count: InProcessOutbox.eagerLimit + 1, seed: 1)
      owner = bytes
      try sender.send(UnsafeRawBufferPointer(bytes.memory), keeping: bytes, to: 1, kind: MessageKind(1))
    }
    for _ in 0..<100 { _ = try sender.poll() }
    #expect(owner != nil && sender.isSending)
    // The flush times out, and nothing is lost.
    try sender.flush(atMost: 200_000)
    #expect(sender.isSending)
    #expect(try polls(atMost: Mailbox.longestDelay + 1, receiver) { $0 != nil } != nil)
    try sender.flush()
    #expect(owner == nil && !sender.isSending)
  }

  @Test("It is an error if a message's bytes change before the transfer is complete", arguments: [8, 100_000])
  func changedBytes(count: Int) throws {
    let network = InProcessNetwork(ranks: 1, seed: 2)
    let transport = InProcessTransport(rank: 0, on: network)
    let bytes = Bytes(count: count, seed: 1)
    try transport.send(
      [UnsafeRawBufferPointer(rebasing: bytes.memory[..<4]), UnsafeRawBufferPointer(rebasing: bytes.memory[4...])],
      keeping: bytes, to: 0, kind: InProcessTransportTests.kind)
    bytes.memory[count - 1] ^= 1
    #expect(throws: InProcessError.bytesChanged(rank: 0, of: "a message")) { try transport.flush() }
  }

  @Test("Messages are copied at the start of the send")
  func copies() throws {
    let transport = InProcessTransport(rank: 0, on: InProcessNetwork(ranks: 1, seed: 0))
    let bytes = Bytes(count: 8, seed: 1)
    try transport.send(
      UnsafeRawBufferPointer(bytes.memory), keeping: bytes, to: 0, kind: InProcessTransportTests.kind)
    try transport.flush()
    for index in bytes.memory.indices { bytes.memory[index] = 0 }
    #expect(try next(transport).payload.copy == (0..<8).map { Bytes.value($0, 1) })
  }

  @Test("`mayReceive` is called before a long message is received, and no message arrives after it threw")
  func mayReceive() throws {
    struct NoMemory: Error {}
    let transport = InProcessTransport(rank: 0, on: InProcessNetwork(ranks: 1, seed: 0))
    var asked: [Int] = []
    transport.mayReceive = { bytes, source in
      asked.append(bytes)
      if asked.count == 2 { throw NoMemory() }
    }
    for count in [1 << 20, (1 << 20) - 1, (1 << 20) + 1, 8] { try send(count, seed: 0, from: transport, to: 0) }
    #expect(try next(transport).bytes.count == 1 << 20)
    #expect(try next(transport).bytes.count == (1 << 20) - 1)
    #expect(throws: NoMemory.self) { try next(transport) }
    #expect(try polls(atMost: 50, transport) { $0 != nil } == nil)
    #expect(asked == [1 << 20, (1 << 20) + 1])
  }

  @Test("A message to a nonexistent rank is an error")
  func noSuchRank() {
    let transport = InProcessTransport(rank: 0, on: InProcessNetwork(ranks: 2, seed: 0))
    #expect(throws: InProcessError.noSuchRank(2, size: 2)) { try send(1, seed: 0, from: transport, to: 2) }
  }

  @Test("Two ranks that send long messages and never receive don't complete their sends")
  func bothOnlySend() async {
    let results = await onRanks(2) { transport -> Bool in
      let bytes = Bytes(count: 100_000, seed: 0)
      try transport.send(
        UnsafeRawBufferPointer(bytes.memory), keeping: bytes, to: 1 - transport.rank, kind: MessageKind(1))
      // Not `flush`, which receives.
      for _ in 0..<50 {
        _ = transport.isSending
        rest(.yield)
      }
      return transport.isSending
    }
    #expect(results.allSatisfy { (try? $0.get()) == true })
  }
}
