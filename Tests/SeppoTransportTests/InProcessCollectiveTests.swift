import Synchronization
import Testing
import TransportProperties

@testable import SeppoTransport

@Suite("What ranks in one process do together")
struct InProcessCollectiveTests {
  private func errors<Value>(_ results: [Result<Value, any Error>]) -> [any Error] {
    results.compactMap {
      if case .failure(let error) = $0 { error } else { nil }
    }
  }

  @Test("A rank that broadcasts another size than the root is an error that says so", arguments: 0..<6 as Range<UInt64>)
  func otherSize(seed: UInt64) async {
    // Longer than leaves without the others: the root sees it too.
    let results = await onRanks(3, seed: seed) { transport in
      try transport.broadcast(bytes: transport.rank == 2 ? 9_000 : 10_000)
    }
    let texts = Set(errors(results).map { "\($0)" })
    #expect(texts.count == 1)
    #expect(texts.first!.contains("broadcasts 9000 bytes of rank 0") && texts.first!.contains("broadcasts 10000 bytes"))
    guard case .failure = results[2] else {
      Issue.record("rank 2 got what it had not asked for")
      return
    }
  }

  @Test("A broadcast of no bytes waits for nobody")
  func noBytes() async throws {
    let results = await onRanks(3) { transport -> Int in
      if transport.rank > 0 { try transport.broadcast(bytes: 0) }
      return try transport.agree(7)
    }
    #expect(try results.map { try $0.get() } == [7, 7, 7])
  }

  @Test("Other roots, numbers of pieces and operations are errors too")
  func otherOperations() async {
    let roots = await onRanks(2) { try $0.broadcast(bytes: 10_000, root: $0.rank) }
    #expect(errors(roots).count == 2)
    let pieces = await onRanks(2) { transport in
      let bytes = Bytes(count: 10_000, seed: 0)
      try transport.broadcast(
        pieces: 1 + transport.rank, piece: { _ in (bytes.memory, bytes) }, arrived: { _, _ in })
      _ = try transport.agree(0)
    }
    #expect(!errors(pieces).isEmpty)
    let capacities = await onRanks(2) { try $0.allGather("", capacity: 1 + $0.rank) }
    #expect(errors(capacities).count == 2)
  }

  @Test("The root has not done with a long piece before every rank has come to it, with a short one it has")
  func rendezvous() async {
    let hasCome = Atomic<Bool>(false)
    let shortIsDone = Atomic<Bool>(false)
    let results = await onRanks(2) { transport in
      if transport.rank == 1 {
        // Not for ever, where the root waits for it.
        for _ in 0..<100_000 where !shortIsDone.load(ordering: .acquiring) { rest(.sleep(nanoseconds: 100_000)) }
        hasCome.store(true, ordering: .releasing)
      }
      try transport.broadcast(bytes: 8)
      let shortWasFirst = !hasCome.load(ordering: .acquiring)
      shortIsDone.store(true, ordering: .releasing)
      try transport.broadcast(bytes: 10_000)
      return (shortWasFirst, hasCome.load(ordering: .acquiring))
    }
    let root = try? results[0].get()
    #expect(root?.0 == true && root?.1 == true)
  }

  @Test("A broadcast's bytes that the root changes too early are an error")
  func changedBytes() async {
    let hasChanged = Atomic<Bool>(false)
    let results = await onRanks(2, seed: 1) { transport in
      let bytes = Bytes(count: 10_000, seed: transport.rank)
      while transport.rank == 1, !hasChanged.load(ordering: .acquiring) { rest(.sleep(nanoseconds: 100_000)) }
      transport.whileWaiting = {
        guard transport.rank == 0 else { return }
        bytes.memory[3] = 255
        hasChanged.store(true, ordering: .releasing)
      }
      try transport.broadcast(bytes.memory)
    }
    #expect(errors(results).map { "\($0)" } == ["rank 0 changed the bytes of a broadcast before they had left"])
  }

  @Test("A rank that waits is asked to look around, and what that throws is thrown")
  func whileWaiting() async {
    struct Enough: Error {}
    let results = await onRanks(2) { transport in
      if transport.rank == 1 { return }
      transport.whileWaiting = { throw Enough() }
      try transport.broadcast(bytes: 10_000)
    }
    #expect(errors(results).count == 1 && errors(results).first is Enough)
  }

  @Test("A rank that ends the job ends it for all, wherever they wait", arguments: 0..<4)
  func abort(operation: Int) async {
    let results = await onRanks(4) { transport in
      if transport.rank == 2 {
        rest(.sleep(nanoseconds: 1_000_000))
        try transport.abort(status: 7)
      }
      switch operation {
      case 0: _ = try next(transport)
      case 1: try transport.broadcast(bytes: 10, root: 2)
      case 2: _ = try transport.allGather("", capacity: 1)
      default:
        let bytes = Bytes(count: 100_000, seed: 0)
        try transport.send(UnsafeRawBufferPointer(bytes.memory), keeping: bytes, to: 2, kind: MessageKind(1))
        try transport.flush()
      }
    }
    #expect(
      errors(results).map { $0 as? InProcessAbort } == Array(repeating: InProcessAbort(status: 7, rank: 2), count: 4))
  }

  @Test("The first rank that ends the job decides the status")
  func firstAbort() {
    let network = InProcessNetwork(ranks: 2, seed: 0)
    let (first, second) = (InProcessTransport(rank: 0, on: network), InProcessTransport(rank: 1, on: network))
    #expect(throws: InProcessAbort(status: 3, rank: 1)) { try second.abort(status: 3) }
    #expect(throws: InProcessAbort(status: 3, rank: 1)) { try first.abort(status: 4) }
    #expect(throws: InProcessAbort(status: 3, rank: 1)) { try first.poll() }
  }

  @Test("A transport keeps the memory of long messages, and no other transport has it")
  func buffers() throws {
    let network = InProcessNetwork(ranks: 1, seed: 0)
    let transport = InProcessTransport(rank: 0, on: network)
    func address() throws -> UInt {
      let bytes = Bytes(count: 1 << 17, seed: 0)
      try transport.send(UnsafeRawBufferPointer(bytes.memory), keeping: bytes, to: 0, kind: MessageKind(1))
      let address = UInt(bitPattern: try next(transport).bytes.baseAddress)
      try transport.flush()
      return address
    }
    #expect(try address() == address())
  }
}

extension Transport {
  fileprivate func broadcast(bytes count: Int, root: Int = 0) throws {
    let bytes = Bytes(count: count, seed: 0)
    try broadcast(pieces: 1, root: root, piece: { _ in (bytes.memory, bytes) }, arrived: { _, _ in })
  }
}
