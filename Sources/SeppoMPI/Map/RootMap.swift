import SeppoScheduling
import SeppoTransport
import SeppoWire

/// Rank 0's part in a map: hands out chunks on the calling thread, computes some itself on its compute threads, and puts
/// the results in order.
final class RootMap<Element: Codable & Sendable, Result: Codable & Sendable> {
  typealias Task = MapTask<Element, Result>

  /// A chunk's results as bytes, as they came or were encoded: kept where they are to be broadcast.
  fileprivate enum Part {
    case here
    case bytes(UnsafeRawBufferPointer, owner: AnyObject)
  }

  private let call: MapCall<Element, Result>
  private let session: Session
  private let context: Task.Context
  private var rendezvous: Rendezvous
  private var scheduler = MapScheduler(count: 0, ranks: 1, rule: .guided)
  private var assembly = Assembly<Part>(count: 0)
  /// The error of the lowest item that failed so far.
  private var failure: SeppoError?
  /// Chunks that were sent short, before an item that can't be encoded: by their first item, that item's error.
  private var cutShort: [Int: SeppoError] = [:]
  private var cameHere: [Int] = []

  private var items = UnsafeBufferPointer<Element>(start: nil, count: 0)
  private var results = UnsafeMutableBufferPointer<Result>(start: nil, count: 0)

  init(_ call: MapCall<Element, Result>, _ signature: CallSignature) {
    self.call = call
    session = call.session
    context = call.context
    rendezvous = Rendezvous(session, signature)
  }

  func run(_ items: UnsafeBufferPointer<Element>) throws -> [Result] {
    self.items = items
    scheduler = MapScheduler(count: items.count, ranks: session.size, rule: call.chunkRule)
    assembly = Assembly(count: items.count)
    scheduler.joined(rank: 0, threads: call.threads)
    return try [Result](unsafeUninitializedCapacity: items.count) { results, count in
      self.results = UnsafeMutableBufferPointer(rebasing: results[..<items.count])
      do {
        try compute()
        if let failure { throw failure }
        try share()
        count = items.count
      } catch {
        for (range, _) in assembly.inOrder() {
          UnsafeMutableBufferPointer(rebasing: results[range]).deinitialize()
        }
        throw error
      }
    }
  }

  /// Until every item is done, or the lowest that throws is known, and every rank is in this call.
  private func compute() throws {
    var backoff = Backoff()
    do {
      while true {
        var hasMoved = false
        while let message = try session.poll() {
          try take(message)
          hasMoved = true
        }
        for newcomer in try rendezvous.newcomers() {
          scheduler.joined(rank: newcomer.rank, threads: newcomer.threads)
          cameHere.append(newcomer.rank)
        }
        for task in session.pool.takeFinished() {
          guard let task = task as? Task else { continue }
          try take(task)
          hasMoved = true
        }
        while let assignment = scheduler.nextAssignment() {
          try give(assignment.chunk, to: assignment.rank)
          hasMoved = true
        }
        if scheduler.isFinished && rendezvous.isComplete { return try finishIfFailed() }
        if hasMoved { backoff.reset() } else { session.pause(&backoff) }
      }
    } catch {
      call.settle(context.bound, after: error)
      throw error
    }
  }

  private func finishIfFailed() throws {
    if let failure { try rendezvous.finish(.threw(failure)) }
  }

  private func give(_ chunk: Range<Int>, to rank: Int) throws {
    let chunkItems = UnsafeBufferPointer(rebasing: items[chunk])
    if rank == 0, !session.checksWire {
      Whereabouts.note(chunk: chunk)
      let places = UnsafeMutableBufferPointer(rebasing: results[chunk])
      let encodes = call.givesToAll && session.size > 1 && !Items.areMemory(Result.self)
      session.pool.submit(
        Task(chunk: chunk, input: .memory(chunkItems), output: .memory(places, encodes: encodes), context: context))
      return
    }
    let writer = _WireWriter(capacity: ChunkHeader.size + chunk.count * 16)
    _ = writer.append(uninitialized: ChunkHeader.size)
    var count = chunk.count
    do {
      try Items.write(chunkItems, to: writer)
    } catch {
      count = error.item
      let error = SeppoError(error, index: chunk.lowerBound + count, rank: 0, host: session.host)
      if count == 0 { return try fail(error, at: chunk.lowerBound, in: chunk, by: rank) }
      cutShort[chunk.lowerBound] = error
    }
    ChunkHeader(chunk: chunk, count: count).write(to: writer.bytes)
    let bytes = UnsafeRawBufferPointer(writer.bytes)
    if rank == 0 {
      session.pool.submit(
        Task(chunk: chunk.prefix(count), input: .wire(bytes, owner: writer), output: .wire, context: context))
    } else {
      try session.communicator.send(bytes, keeping: writer, to: rank, kind: .work)
    }
  }

  private func take(_ message: Message) throws {
    switch message.kind {
    case .computed: try take(message.bytes, owner: message.payload, from: message.source)
    case .threw:
      let failure = try Control.decode(ItemFailure.self, from: message.bytes, rank: 0, host: session.host)
      try fail(failure.error, at: failure.index, in: failure.chunk, by: message.source)
    default: break
    }
  }

  private func take(_ task: Task) throws {
    // Under SEPPO_CHECK the chunk may have been cut short.
    let chunk = scheduler.held(by: 0).first { $0.lowerBound == task.chunk.lowerBound } ?? task.chunk
    if task.writesInPlace { keep(task.part, at: chunk.prefix(task.completed)) }
    if let failure = task.failure {
      return try fail(failure, at: chunk.lowerBound + task.completed, in: chunk, by: 0)
    }
    if let message = task.bytes, !task.writesInPlace {
      ChunkHeader(chunk: chunk, count: task.completed).write(to: message.bytes)
      return try take(UnsafeRawBufferPointer(message.bytes), owner: message, from: 0)
    }
    scheduler.returned(rank: 0, chunk: chunk, completed: task.completed)
  }

  /// Results that came by message.
  private func take(_ message: UnsafeRawBufferPointer, owner: AnyObject, from rank: Int) throws {
    let header = try ChunkHeader(message)
    let range = header.chunk.prefix(header.count)
    let payload = ChunkHeader.payload(of: message)
    let (done, error) = Items.read(UnsafeMutableBufferPointer(rebasing: results[range]), from: payload)
    if let error {
      keep(.here, at: range.prefix(done))
      let index = range.lowerBound + done
      return try fail(
        SeppoError(error, index: index, rank: 0, host: session.host), at: index, in: header.chunk, by: rank)
    }
    let isKept = call.givesToAll && session.size > 1 && !Items.areMemory(Result.self)
    keep(isKept ? .bytes(payload, owner: owner) : .here, at: range)
    if header.count < header.chunk.count, let error = cutShort[header.chunk.lowerBound],
      context.bound.isBeyond(range.upperBound) == false
    {
      return try fail(error, at: range.upperBound, in: header.chunk, by: rank)
    }
    scheduler.returned(rank: rank, chunk: header.chunk, completed: header.count)
  }

  private func keep(_ part: Part, at range: Range<Int>) { assembly.place(part, at: range) }

  /// The item at `index` failed: nothing above it is begun any more, by nobody.
  private func fail(_ error: SeppoError, at index: Int, in chunk: Range<Int>, by rank: Int) throws {
    let decides = index < scheduler.bound
    scheduler.threw(rank: rank, chunk: chunk, index: index)
    guard decides else { return }
    failure = error
    context.bound.lower(to: index)
    for rank in cameHere { try session.send(index, to: rank, kind: .stop) }
  }

  private func share() throws {
    guard session.size > 1 else { return }
    guard call.givesToAll else { return try rendezvous.finish(.done) }
    let memory = UnsafeMutableRawBufferPointer(results)
    if Items.areMemory(Result.self) {
      try rendezvous.finish(.values(count: results.count, bytes: memory.count))
      return try session.communicator.broadcast(memory)
    }
    let joined = _WireWriter(capacity: 1 << 16)
    for case (_, .bytes(let bytes, _)) in assembly.inOrder() { joined.append(bytes) }
    try rendezvous.finish(.values(count: results.count, bytes: joined.count))
    try session.communicator.broadcast(joined.bytes)
  }
}

extension MapTask {
  fileprivate var part: RootMap<Element, Result>.Part {
    guard let bytes else { return .here }
    return .bytes(UnsafeRawBufferPointer(bytes.bytes), owner: bytes)
  }
}

extension Range where Bound == Int {
  /// The first so many.
  func prefix(_ count: Int) -> Range<Int> { lowerBound..<(lowerBound + count) }
}
