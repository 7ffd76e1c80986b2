import SeppoProcess
import SeppoTransport
import SeppoWire

/// Sends the results of a map to every rank.
struct ResultBroadcast {
  private let job: Job
  /// The encoded failed items.
  private let failures: [UInt8]

  init(_ job: Job, failures: [FailedItem] = []) throws {
    self.job = job
    guard !failures.isEmpty else {
      self.failures = []
      return
    }
    let coded = try Control.encode(failures)
    self.failures = withExtendedLifetime(coded) { Array(coded.bytes) }
  }

  /// The minimum size of a broadcast piece, in bytes. Smaller parts are broadcast together.
  private static let piece = 1 << 19

  /// Sends plain memory, on rank 0.
  func send(memory: UnsafeMutableRawBufferPointer, count: Int) throws {
    if memory.count <= SharedResults.inlineLimit {
      return try job.finish(.values(SharedResults(count: count, parts: [], bytes: Array(memory), failures: failures)))
    }
    try job.finish(.values(SharedResults(count: count, parts: [], bytes: [], failures: failures)))
    try job.transport.broadcast(memory)
  }

  /// Sends encoded parts in the order of the items, on rank 0.
  func send(_ parts: [CodedPart]) throws {
    let sizes = parts.flatMap { [$0.range.count, $0.bytes.count] }
    let count = parts.reduce(0) { $0 + $1.range.count }
    if parts.reduce(0, { $0 + $1.bytes.count }) <= SharedResults.inlineLimit {
      return try job.finish(
        .values(SharedResults(count: count, parts: sizes, bytes: parts.flatMap(\.bytes), failures: failures)))
    }
    try job.finish(.values(SharedResults(count: count, parts: sizes, bytes: [], failures: failures)))
    let pieces = ResultBroadcast.pieces(parts.map(\.bytes.count))
    try job.transport.broadcast(
      pieces: pieces.count,
      piece: { number in
        let parts = parts[pieces[number]]
        if let only = parts.first, parts.count == 1 {
          return (UnsafeMutableRawBufferPointer(mutating: only.bytes), only.owner)
        }
        let joined = WireWriter(capacity: parts.reduce(0) { $0 + $1.bytes.count })
        for part in parts { joined.append(part.bytes) }
        return (joined.bytes, joined)
      }, arrived: { _, _ in })
  }

  /// Returns the failed items, on other ranks.
  func failures(_ values: SharedResults) throws -> [FailedItem] {
    if values.failures.isEmpty { return [] }
    return try values.failures.withUnsafeBytes {
      try Control.decode([FailedItem].self, from: $0, rank: job.rank, host: job.host)
    }
  }

  /// Receives the results, without gaps for failed items, on other ranks.
  func receive<Result: Codable & Sendable>(_ values: SharedResults) throws -> [Result] {
    try checkMemory(for: values, stride: MemoryLayout<Result>.stride)
    return try [Result](unsafeUninitializedCapacity: values.count) { results, initialized in
      let places = UnsafeMutableBufferPointer(rebasing: results[..<values.count])
      HugePages.advise(UnsafeMutableRawBufferPointer(places))
      if Items.areMemory(Result.self) {
        let memory = UnsafeMutableRawBufferPointer(places)
        if memory.count > SharedResults.inlineLimit {
          try job.transport.broadcast(memory)
        } else {
          guard values.bytes.count == memory.count else { throw ProtocolError("the results are incomplete") }
          memory.copyBytes(from: values.bytes)
        }
        initialized = values.count
        return
      }
      let sizes = stride(from: 0, to: values.parts.count - 1, by: 2).map { (values.parts[$0], values.parts[$0 + 1]) }
      func read(_ parts: ArraySlice<(Int, Int)>, _ bytes: UnsafeRawBufferPointer) throws {
        var offset = 0
        for (count, length) in parts {
          guard initialized + count <= values.count, offset + length <= bytes.count else {
            throw ProtocolError("the results are incomplete")
          }
          let (done, error) = Items.read(
            UnsafeMutableBufferPointer(rebasing: places[initialized..<(initialized + count)]),
            from: UnsafeRawBufferPointer(rebasing: bytes[offset..<(offset + length)]))
          initialized += done
          if let error {
            var index = initialized
            for failure in try failures(values) where failure.index <= index { index += 1 }
            throw SeppoError(error, index: index, rank: job.rank, host: job.host, place: job.current.place)
          }
          offset += length
        }
      }
      if sizes.reduce(0, { $0 + $1.1 }) <= SharedResults.inlineLimit {
        try values.bytes.withUnsafeBytes { try read(sizes[...], $0) }
      } else {
        let pieces = ResultBroadcast.pieces(sizes.map(\.1))
        try job.transport.broadcast(
          pieces: pieces.count,
          piece: { number in
            let length = sizes[pieces[number]].reduce(0) { $0 + $1.1 }
            let buffer = WireWriter(capacity: length)
            return (buffer.append(uninitialized: length), buffer)
          },
          arrived: { number, bytes in try read(sizes[pieces[number]], UnsafeRawBufferPointer(bytes)) })
      }
      guard initialized == values.count else { throw ProtocolError("the results are incomplete") }
    }
  }

  /// Ends the job if the results don't fit into this rank's memory.
  private func checkMemory(for values: SharedResults, stride: Int) throws {
    let lengths = Swift.stride(from: 1, to: values.parts.count, by: 2).map { values.parts[$0] }
    let held = ResultMemory.contents(lengths.reduce(0, +), values.count, stride)
    // A piece and its decoded values are in memory at the same time.
    let most = values.count.times(stride).plus(held).plus(lengths.max() ?? 0)
    try job.requireMemory(for: most, of: "the results of the map")
  }

  /// Returns the groups of parts that are broadcast together. They are the same on every rank.
  static func pieces(_ sizes: [Int]) -> [Range<Int>] {
    var pieces: [Range<Int>] = []
    var (first, bytes) = (0, 0)
    for (number, size) in sizes.enumerated() {
      bytes += size
      if bytes >= piece || number == sizes.count - 1 {
        pieces.append(first..<(number + 1))
        (first, bytes) = (number + 1, 0)
      }
    }
    return pieces
  }
}
