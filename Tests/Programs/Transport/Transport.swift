// Drives the communicator itself, below anything that a user sees, on the ranks that it is started with.
//
//   mpirun -n 3 Transport

import CMPI
import SeppoTransport

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

struct Broken: Error, CustomStringConvertible {
  let description: String
}

func hold(_ condition: Bool, _ what: @autoclosure () -> String, line: UInt = #line) throws {
  if !condition { throw Broken(description: "\(what()) (line \(line))") }
}

/// Bytes that a send may keep.
final class Bytes {
  let memory: UnsafeMutableRawBufferPointer

  init(count: Int, seed: Int) {
    memory = .allocate(byteCount: count, alignment: 16)
    for index in memory.indices { memory[index] = Bytes.value(index, seed) }
  }

  deinit { memory.deallocate() }

  static func value(_ index: Int, _ seed: Int) -> UInt8 { UInt8(truncatingIfNeeded: index &* 31 &+ seed) }

  static func areWhole(_ bytes: UnsafeRawBufferPointer, count: Int, seed: Int) -> Bool {
    bytes.count == count && bytes.indices.allSatisfy { bytes[$0] == value($0, seed) }
  }
}

@main
struct Transport {
  static let data = MessageKind(3)

  static func main() throws {
    let environment = try MPIEnvironment.start()
    for splitSize in [1, 7, 1_024, Communicator.largestSplit] {
      let communicator = try Communicator(splitSize: splitSize)
      try exchange(communicator, largest: splitSize < 100 ? 80 : 40_000)
      // The next messages must not come to a rank that still waits for these.
      try broadcast(communicator)
      // In one piece past what TCP sends before its receiver listens: then the short ones could be there first.
      try order(communicator, long: splitSize < 100 ? 60 : splitSize == 1_024 ? 20_000 : 200_000)
      try broadcast(communicator)
      try flushes(communicator, long: splitSize < 100 ? 60 : 40_000)
      try communicator.free()
    }
    try ownTraffic()
    try reportsErrors()
    print("rank \(rank()) held")
    fflush(nil)
    try environment.end()
  }

  static func rank() -> Int {
    var rank: Int32 = 0
    MPI_Comm_rank(seppo_comm_world(), &rank)
    return Int(rank)
  }

  /// Every rank sends to every rank, itself too, at the same time: longer than MPI takes without a receiver.
  static func exchange(_ communicator: Communicator, largest: Int) throws {
    let sizes = [0, 1, 63, 64, largest, largest + 1]
    for (number, size) in sizes.enumerated() {
      for rank in 0..<communicator.size {
        let bytes = Bytes(count: size, seed: communicator.rank * 10 + number)
        try communicator.send(UnsafeRawBufferPointer(bytes.memory), keeping: bytes, to: rank, kind: data)
      }
    }
    var come = Array(repeating: 0, count: communicator.size)
    var missing = sizes.count * communicator.size
    var backoff = Backoff()
    while missing > 0 {
      guard let message = try communicator.poll() else {
        rest(backoff.next())
        continue
      }
      backoff.reset()
      let number = come[message.source]
      come[message.source] += 1
      missing -= 1
      try hold(message.kind == data, "kind \(message.kind)")
      try hold(
        Bytes.areWhole(message.bytes, count: sizes[number], seed: message.source * 10 + number),
        "message \(number) of rank \(message.source), in pieces of \(communicator.splitSize)")
    }
    try communicator.flush()
    try hold(!communicator.isSending, "sends are left")
  }

  /// Short messages don't overtake long ones.
  static func order(_ communicator: Communicator, long: Int) throws {
    let next = (communicator.rank + 1) % communicator.size
    let count = 60
    for number in 0..<count {
      let bytes = Bytes(count: number % 3 == 0 ? long : 8, seed: number)
      let kind = MessageKind(Int32(number))
      try communicator.send(UnsafeRawBufferPointer(bytes.memory), keeping: bytes, to: next, kind: kind)
    }
    var number = 0
    while number < count {
      guard let message = try communicator.poll() else {
        rest(.yield)
        continue
      }
      try hold(
        message.kind == MessageKind(Int32(number)),
        "\(message.kind) came where \(number) should have, in pieces of \(communicator.splitSize)")
      number += 1
    }
    try communicator.flush()
  }

  /// Ranks that all send, and take nothing until that has left, don't wait for each other; nor is anything lost.
  static func flushes(_ communicator: Communicator, long: Int) throws {
    let next = (communicator.rank + 1) % communicator.size
    let before = (communicator.rank + communicator.size - 1) % communicator.size
    let bytes = Bytes(count: long, seed: communicator.rank)
    try communicator.send(UnsafeRawBufferPointer(bytes.memory), keeping: bytes, to: next, kind: data)
    try communicator.flush()
    try hold(!communicator.isSending, "sends are left")
    while true {
      guard let message = try communicator.poll() else {
        rest(.yield)
        continue
      }
      try hold(Bytes.areWhole(message.bytes, count: long, seed: before), "what came while we sent")
      return
    }
  }

  static func broadcast(_ communicator: Communicator) throws {
    for (number, count) in [0, 1, 100, 5_000].enumerated() {
      for root in [0, communicator.size - 1] {
        let bytes = Bytes(count: count, seed: communicator.rank == root ? number : 99)
        try communicator.broadcast(bytes.memory, root: root)
        try hold(Bytes.areWhole(UnsafeRawBufferPointer(bytes.memory), count: count, seed: number), "broadcast \(count)")
      }
    }
  }

  /// The user's messages on the world are not ours, and ours are not the user's.
  static func ownTraffic() throws {
    let communicator = try Communicator()
    var size: Int32 = 0
    MPI_Comm_size(seppo_comm_world(), &size)
    let next = (rank() + 1) % Int(size)
    var value = Int32(rank())
    var request: MPI_Request? = seppo_request_null()
    MPI_Isend(&value, 1, seppo_int(), Int32(next), data.number << 1, seppo_comm_world(), &request)
    try hold(try communicator.poll() == nil, "a message of the world came to us")
    var received: Int32 = -1
    MPI_Recv(&received, 1, seppo_int(), seppo_any_source(), seppo_any_tag(), seppo_comm_world(), nil)
    MPI_Wait(&request, nil)
    try hold(Int(received) == (rank() + Int(size) - 1) % Int(size), "received \(received)")
    try communicator.free()
  }

  static func reportsErrors() throws {
    let communicator = try Communicator()
    let bytes = Bytes(count: 8, seed: 0)
    do {
      try communicator.send(
        UnsafeRawBufferPointer(bytes.memory), keeping: bytes, to: communicator.size + 5, kind: data)
      throw Broken(description: "a send to a rank that isn't there passed")
    } catch let error as MPIError {
      try hold(error.call == "MPI_Isend" && error.text.contains("MPI_ERR_RANK"), "\(error)")
    }
    try communicator.free()
  }
}
