import Synchronization
import Testing
import TransportProperties

@testable import SeppoTransport

@Suite("Collective operations of in-process ranks")
struct InProcessCollectiveTests {
  private func errors<Value>(_ results: [Result<Value, any Error>]) -> [any Error] {
    results.compactMap {
      if case .failure(let error) = $0 { error } else { nil }
    }
  }

  @Test("A broadcast with different sizes fails with an error that names both", arguments: 0..<6 as Range<UInt64>)
  func otherSize(seed: UInt64) async {
    // Above the eager limit, so that the root waits for the others and sees the error too.
    let results = await onRanks(3, seed: seed) { transport in
      try transport.broadcast(bytes: transport.rank == 2 ? 9_000 : 10_000)
    }
    let texts = Set(errors(results).map { "\($0)" })
    #expect(texts.count == 1)
    #expect(texts.first!.contains("broadcasts 9000 bytes of rank 0") && texts.first!.contains("broadcasts 10000 bytes"))
    guard case .failure = results[2] else {
      Issue.record("rank 2 received a broadcast of another size")
      return
    }
  }

  @Test("An empty broadcast does not wait")
  func noBytes() async throws {
    let results = await onRanks(3) { transport -> Int in
      if transport.rank > 0 { try transport.broadcast(bytes: 0) }
      return try transport.agree(7)
    }
    #expect(try results.map { try $0.get() } == [7, 7, 7])
  }

  @Test("Different roots, numbers of pieces or capacities are errors")
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

  @Test("The root completes a short piece on its own, a long one only after every rank has started it")
  func completion() async {
    let hasArrived = Atomic<Bool>(false)
    let shortIsDone = Atomic<Bool>(false)
    let results = await onRanks(2) { transport in
      if transport.rank == 1 {
        // Bounded, in case the root wrongly waits for this rank.
        for _ in 0..<100_000 where !shortIsDone.load(ordering: .acquiring) { rest(.sleep(nanoseconds: 100_000)) }
        hasArrived.store(true, ordering: .releasing)
      }
      try transport.broadcast(bytes: 8)
      let shortWasFirst = !hasArrived.load(ordering: .acquiring)
      shortIsDone.store(true, ordering: .releasing)
      try transport.broadcast(bytes: 10_000)
      return (shortWasFirst, hasArrived.load(ordering: .acquiring))
    }
    let root = try? results[0].get()
    #expect(root?.0 == true && root?.1 == true)
  }

  @Test("It is an error if the root changes a broadcast's bytes before the transfer is complete")
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
    #expect(
      errors(results).map { "\($0)" } == ["rank 0 changed the bytes of a broadcast before the transfer was complete"])
  }

  @Test("A waiting rank calls `whileWaiting` and rethrows its error")
  func whileWaiting() async {
    struct Enough: Error {}
    let results = await onRanks(2) { transport in
      if transport.rank == 1 { return }
      transport.whileWaiting = { throw Enough() }
      try transport.broadcast(bytes: 10_000)
    }
    #expect(errors(results).count == 1 && errors(results).first is Enough)
  }

  @Test("An abort ends the job on all ranks, in whichever operation they wait", arguments: 0..<4)
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

  @Test("The first abort decides the status")
  func firstAbort() {
    let network = InProcessNetwork(ranks: 2, seed: 0)
    let (first, second) = (InProcessTransport(rank: 0, on: network), InProcessTransport(rank: 1, on: network))
    #expect(throws: InProcessAbort(status: 3, rank: 1)) { try second.abort(status: 3) }
    #expect(throws: InProcessAbort(status: 3, rank: 1)) { try first.abort(status: 4) }
    #expect(throws: InProcessAbort(status: 3, rank: 1)) { try first.poll() }
  }

  @Test("A transport reuses the memory of long messages")
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
