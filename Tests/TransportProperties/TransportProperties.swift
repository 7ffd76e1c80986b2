import SeppoTransport

/// The properties of every transport. All ranks call each function, each with its own transport.
package struct TransportProperties {
  package static let data = MessageKind(3)

  private let transport: any Transport
  private var data: MessageKind { TransportProperties.data }

  package init(_ transport: any Transport) { self.transport = transport }

  /// - Parameter pieces: maximum size of the pieces of a message, in bytes.
  package func check(pieces: Int) throws {
    try exchange(sizes: pieces < 100 ? [0, 1, 20, 21] : [0, 1, 63, 64, 40_000, 40_001])
    // The next messages must not reach a rank that still waits for these.
    try barrier()
    // For one piece, longer than MPI sends over TCP before the receive is posted: then a short message could overtake
    // it.
    try order(long: pieces < 100 ? 60 : pieces == 1_024 ? 20_000 : 200_000)
    try broadcast()
    try barrier()
    try flushes(long: pieces < 100 ? 60 : 40_000)
    try barrier()
    try severalBuffers(long: pieces < 100 ? 60 : 3_000)
    try broadcastInPieces()
    try agreement()
  }

  /// Waits until every rank has called it.
  private func barrier() throws {
    let all = try transport.allGather("rank \(transport.rank), and more than fits", capacity: 8)
    try hold(all == (0..<transport.size).map { String("rank \($0), and".prefix(8)) }, "texts: \(all)")
  }

  /// Every rank sends to every rank, including itself, at the same time. Some messages exceed MPI's eager limit.
  private func exchange(sizes: [Int]) throws {
    for (number, size) in sizes.enumerated() {
      for rank in 0..<transport.size {
        let bytes = Bytes(count: size, seed: transport.rank * 10 + number)
        try transport.send(UnsafeRawBufferPointer(bytes.memory), keeping: bytes, to: rank, kind: data)
      }
    }
    var received = Array(repeating: 0, count: transport.size)
    for _ in 0..<(sizes.count * transport.size) {
      let message = try next()
      let number = received[message.source]
      received[message.source] += 1
      try hold(message.kind == data, "kind \(message.kind)")
      try hold(
        Bytes.areWhole(message.bytes, count: sizes[number], seed: message.source * 10 + number),
        "message \(number) of rank \(message.source)")
    }
    try transport.flush()
    try hold(!transport.isSending, "sends are incomplete")
  }

  /// Short messages don't overtake long ones.
  private func order(long: Int) throws {
    let receiver = (transport.rank + 1) % transport.size
    let count = 60
    for number in 0..<count {
      let bytes = Bytes(count: number % 3 == 0 ? long : 8, seed: number)
      let kind = MessageKind(Int32(number))
      try transport.send(UnsafeRawBufferPointer(bytes.memory), keeping: bytes, to: receiver, kind: kind)
    }
    for number in 0..<count {
      let kind = try next().kind
      try hold(kind == MessageKind(Int32(number)), "received \(kind) instead of \(number)")
    }
    try transport.flush()
  }

  /// Ranks that all send and flush before they receive don't deadlock, and no message is lost.
  private func flushes(long: Int) throws {
    let receiver = (transport.rank + 1) % transport.size
    let before = (transport.rank + transport.size - 1) % transport.size
    let bytes = Bytes(count: long, seed: transport.rank)
    try transport.send(UnsafeRawBufferPointer(bytes.memory), keeping: bytes, to: receiver, kind: data)
    try transport.flush()
    try hold(!transport.isSending, "sends are incomplete")
    let message = try next()
    try hold(Bytes.areWhole(message.bytes, count: long, seed: before), "the message that arrived during the flush")
  }

  private func broadcast() throws {
    for (number, count) in [0, 1, 100, 5_000].enumerated() {
      for root in [0, transport.size - 1] {
        let bytes = Bytes(count: count, seed: transport.rank == root ? number : 99)
        try transport.broadcast(bytes.memory, root: root)
        try hold(Bytes.areWhole(UnsafeRawBufferPointer(bytes.memory), count: count, seed: number), "broadcast \(count)")
      }
    }
  }

  /// Several buffers can be sent as one message, and a short message doesn't overtake it.
  private func severalBuffers(long: Int) throws {
    let receiver = (transport.rank + 1) % transport.size
    let parts = [0, 5, long, 0, 1].map { Bytes(count: $0, seed: $0) }
    try transport.send(parts.map { UnsafeRawBufferPointer($0.memory) }, keeping: Kept(parts), to: receiver, kind: data)
    let last = Bytes(count: 1, seed: 7)
    try transport.send(UnsafeRawBufferPointer(last.memory), keeping: last, to: receiver, kind: MessageKind(4))
    let (whole, after) = (try next(), try next())
    try hold(whole.kind == data && after.kind == MessageKind(4), "received \(whole.kind), then \(after.kind)")
    try hold(whole.payload.copy == parts.flatMap { Array($0.memory) }, "a message of several buffers")
    try hold(after.payload.copy == [Bytes.value(0, 7)], "the message after it")
    try transport.flush()
  }

  private func next() throws -> Message {
    var backoff = Backoff()
    while true {
      if let message = try transport.poll() { return message }
      rest(backoff.next())
    }
  }

  /// The pieces of a broadcast arrive in order, each is requested once, and an error is thrown after the last piece.
  private func broadcastInPieces() throws {
    let counts = [3, 0, 9_000, 70, 70, 1, 20_000]
    let root = transport.size - 1
    var arrived: [Int] = []
    var requested: [Int] = []
    do {
      try transport.broadcast(
        pieces: counts.count, root: root,
        piece: { number in
          requested.append(number)
          let bytes = Bytes(count: counts[number], seed: transport.rank == root ? number : 99)
          return (bytes.memory, bytes)
        },
        arrived: { number, bytes in
          arrived.append(number)
          try hold(
            Bytes.areWhole(UnsafeRawBufferPointer(bytes), count: counts[number], seed: number), "piece \(number)")
          if number == 4 { throw Expected() }
        })
      throw PropertyViolation(description: "an error of `arrived` was lost")
    } catch is Expected {}
    try hold(requested == Array(counts.indices), "requested pieces: \(requested)")
    try hold(arrived == Array(0...4), "pieces that arrived: \(arrived)")
    // All ranks can continue together afterwards.
    try broadcast()
  }

  private struct Expected: Error {}

  private func agreement() throws {
    for number in [0, 1, .min, .max] {
      let agreed = try transport.agree(transport.rank == 0 ? number : 5)
      try hold(agreed == number, "agreed on \(agreed), rank 0's is \(number)")
    }
    try hold(try transport.allGather("\(transport.rank)", capacity: 3) == (0..<transport.size).map { "\($0)" }, "texts")
  }

  private final class Kept {
    let all: [Bytes]

    init(_ all: [Bytes]) { self.all = all }
  }
}

extension ReceivedBytes {
  /// A copy of its bytes, valid without this object.
  package var copy: [UInt8] { withExtendedLifetime(self) { Array(bytes) } }
}
