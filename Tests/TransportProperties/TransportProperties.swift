import SeppoTransport

/// What every transport does. Each function is called by all ranks, each with its own transport.
package struct TransportProperties {
  package static let data = MessageKind(3)

  private let transport: any Transport
  private var data: MessageKind { TransportProperties.data }

  package init(_ transport: any Transport) { self.transport = transport }

  /// - Parameter pieces: bytes of the pieces that messages are sent in.
  package func check(pieces: Int) throws {
    try exchange(sizes: pieces < 100 ? [0, 1, 20, 21] : [0, 1, 63, 64, 40_000, 40_001])
    // The next messages must not come to a rank that still waits for these.
    try meet()
    // In one piece past what TCP sends before its receiver listens: then the short ones could be there first.
    try order(long: pieces < 100 ? 60 : pieces == 1_024 ? 20_000 : 200_000)
    try broadcast()
    try meet()
    try flushes(long: pieces < 100 ? 60 : 40_000)
    try meet()
    try inSeveralPlaces(long: pieces < 100 ? 60 : 3_000)
    try broadcastInPieces()
    try agreement()
  }

  /// Every rank has come here before any goes on.
  private func meet() throws {
    let all = try transport.allGather("rank \(transport.rank), and more than is asked for", capacity: 8)
    try hold(all == (0..<transport.size).map { String("rank \($0), and".prefix(8)) }, "texts: \(all)")
  }

  /// Every rank sends to every rank, itself too, at the same time: longer than MPI takes without a receiver.
  private func exchange(sizes: [Int]) throws {
    for (number, size) in sizes.enumerated() {
      for rank in 0..<transport.size {
        let bytes = Bytes(count: size, seed: transport.rank * 10 + number)
        try transport.send(UnsafeRawBufferPointer(bytes.memory), keeping: bytes, to: rank, kind: data)
      }
    }
    var come = Array(repeating: 0, count: transport.size)
    for _ in 0..<(sizes.count * transport.size) {
      let message = try next()
      let number = come[message.source]
      come[message.source] += 1
      try hold(message.kind == data, "kind \(message.kind)")
      try hold(
        Bytes.areWhole(message.bytes, count: sizes[number], seed: message.source * 10 + number),
        "message \(number) of rank \(message.source)")
    }
    try transport.flush()
    try hold(!transport.isSending, "sends are left")
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
      try hold(kind == MessageKind(Int32(number)), "\(kind) came where \(number) should have")
    }
    try transport.flush()
  }

  /// Ranks that all send, and take nothing until that has left, don't wait for each other; nor is anything lost.
  private func flushes(long: Int) throws {
    let receiver = (transport.rank + 1) % transport.size
    let before = (transport.rank + transport.size - 1) % transport.size
    let bytes = Bytes(count: long, seed: transport.rank)
    try transport.send(UnsafeRawBufferPointer(bytes.memory), keeping: bytes, to: receiver, kind: data)
    try transport.flush()
    try hold(!transport.isSending, "sends are left")
    let message = try next()
    try hold(Bytes.areWhole(message.bytes, count: long, seed: before), "what came while we sent")
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

  /// A message from several places is one message, and short ones don't overtake it.
  private func inSeveralPlaces(long: Int) throws {
    let receiver = (transport.rank + 1) % transport.size
    let parts = [0, 5, long, 0, 1].map { Bytes(count: $0, seed: $0) }
    try transport.send(parts.map { UnsafeRawBufferPointer($0.memory) }, keeping: Kept(parts), to: receiver, kind: data)
    let last = Bytes(count: 1, seed: 7)
    try transport.send(UnsafeRawBufferPointer(last.memory), keeping: last, to: receiver, kind: MessageKind(4))
    let (whole, after) = (try next(), try next())
    try hold(whole.kind == data && after.kind == MessageKind(4), "\(whole.kind) came, then \(after.kind)")
    try hold(whole.payload.copy == parts.flatMap { Array($0.memory) }, "a message from several places")
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

  /// The pieces of a broadcast come in order, and each owner is asked for once; an error waits for the end.
  private func broadcastInPieces() throws {
    let counts = [3, 0, 9_000, 70, 70, 1, 20_000]
    let root = transport.size - 1
    var come: [Int] = []
    var asked: [Int] = []
    do {
      try transport.broadcast(
        pieces: counts.count, root: root,
        piece: { number in
          asked.append(number)
          let bytes = Bytes(count: counts[number], seed: transport.rank == root ? number : 99)
          return (bytes.memory, bytes)
        },
        arrived: { number, bytes in
          come.append(number)
          try hold(
            Bytes.areWhole(UnsafeRawBufferPointer(bytes), count: counts[number], seed: number), "piece \(number)")
          if number == 4 { throw Passed() }
        })
      throw Broken(description: "an error of `arrived` was lost")
    } catch is Passed {}
    try hold(asked == Array(counts.indices), "pieces were asked for: \(asked)")
    try hold(come == Array(0...4), "pieces came: \(come)")
    // All ranks are together after it.
    try broadcast()
  }

  private struct Passed: Error {}

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
  /// Its bytes, for as long as one likes.
  package var copy: [UInt8] { withExtendedLifetime(self) { Array(bytes) } }
}
