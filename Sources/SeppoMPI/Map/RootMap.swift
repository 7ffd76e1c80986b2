import SeppoScheduling
import SeppoTransport
import SeppoWire

/// Rank 0's part in a map: hands out chunks on the calling thread, computes some itself on its compute threads, and puts
/// the results in order.
final class RootMap<Element: Codable & Sendable, Result: Codable & Sendable> {
  typealias Task = MapTask<Element, Result>

  private let call: MapCall<Element, Result>
  private let session: Session
  private let context: Task.Context
  private let items: Elements<Element>
  private let site: CallSite
  private var rendezvous: Rendezvous
  private var scheduler: MapScheduler
  /// The error of the lowest item that failed so far.
  private var failure: SeppoError?
  private var cameHere: [Int] = []

  private var results = UnsafeMutableBufferPointer<Result>(start: nil, count: 0)
  /// The results that are there.
  private var initialized = Coverage()
  /// Results as bytes, as they came or were encoded, where they are to be broadcast in that form.
  private var coded: [CodedPart] = []
  private var sharesCoded: Bool { call.givesToAll && session.size > 1 && !context.resultsAreMemory }

  init(_ call: MapCall<Element, Result>, _ signature: CallSignature, _ items: Elements<Element>) {
    self.call = call
    self.items = items
    session = call.session
    context = call.context
    rendezvous = Rendezvous(session, signature)
    site = signature.site
    scheduler = MapScheduler(
      count: items.count, ranks: session.size, rule: call.chunkRule, largest: call.largestChunk,
      learnt: site.learnt)
  }

  func run() throws -> [Result] {
    scheduler.joined(rank: 0, threads: call.threads)
    return try [Result](unsafeUninitializedCapacity: items.count) { results, count in
      self.results = UnsafeMutableBufferPointer(rebasing: results[..<items.count])
      HugePages.advise(UnsafeMutableRawBufferPointer(self.results))
      do {
        try compute()
        site.learnt = scheduler.learnt
        if let failure { throw failure }
        try share()
        count = items.count
      } catch {
        for range in initialized.ranges { UnsafeMutableBufferPointer(rebasing: results[range]).deinitialize() }
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
        if try handOut() { hasMoved = true }
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

  /// Gives what is to be given now, and calls back what is wanted elsewhere.
  private func handOut() throws -> Bool {
    scheduler.advance(to: monotonicNanoseconds())
    var hasMoved = false
    while true {
      while let assignment = scheduler.nextAssignment() {
        try give(assignment)
        hasMoved = true
      }
      guard let rank = scheduler.nextCallBack() else { return hasMoved }
      if rank == 0 {
        scheduler.gaveBack(rank: 0, ranges: session.pool.giveBack())
      } else {
        try session.send([Int](), to: rank, kind: .callBack)
      }
    }
  }

  private func give(_ assignment: MapScheduler.Assignment) throws {
    let (rank, chunk) = (assignment.rank, assignment.chunk)
    if rank == 0, !session.checksWire {
      let places = UnsafeMutableBufferPointer(rebasing: results[chunk])
      return submit(chunk, input(chunk), .memory(places, encodes: sharesCoded))
    }
    var lent = LentMemory()
    guard let message = try message(assignment, lending: &lent) else { return }
    let bytes = UnsafeRawBufferPointer(message.bytes)
    guard rank == 0 else { return try session.send(message, lent, to: rank, kind: .work) }
    let kept = scheduler.held(by: 0).last ?? chunk
    let input =
      if case .spaced(let spacing) = items { Task.Input.spaced(spacing) } else {
        Task.Input.wire(ChunkHeader.payload(of: bytes), owner: message)
      }
    submit(kept, input, .wire)
  }

  private func input(_ chunk: Range<Int>) -> Task.Input {
    switch items {
    case .memory(let items): .memory(UnsafeBufferPointer(rebasing: items[chunk]))
    case .spaced(let spacing): .spaced(spacing)
    }
  }

  private func submit(_ chunk: Range<Int>, _ input: Task.Input, _ output: Task.Output) {
    session.pool.submit(Task(chunk: chunk, input: input, output: output, context: context))
  }

  /// The chunk as it is sent; shorter where one of its items can't be encoded, and nil where that is the first.
  private func message(
    _ assignment: MapScheduler.Assignment, lending lent: inout LentMemory
  ) throws -> _WireWriter? {
    var chunk = assignment.chunk
    let writer: _WireWriter
    var spacing: Spacing?
    switch items {
    case .spaced(let itself):
      writer = ChunkHeader.writer(payload: 0)
      spacing = itself
    case .memory(let items):
      writer = ChunkHeader.writer(payload: chunk.count * MemoryLayout<Element>.stride)
      do {
        if assignment.rank == 0 {
          try Items.write(UnsafeBufferPointer(rebasing: items[chunk]), to: writer)
        } else {
          try Items.write(UnsafeBufferPointer(rebasing: items[chunk]), to: writer, lending: &lent)
        }
      } catch {
        let index = chunk.lowerBound + error.item
        let decides = index < scheduler.bound
        scheduler.failedToSend(rank: assignment.rank, chunk: chunk, index: index)
        if decides { try decide(SeppoError(error, index: index, rank: 0, host: session.host), at: index) }
        chunk = chunk.lowerBound..<index
        if chunk.isEmpty { return nil }
      }
    }
    WorkHeader(chunk: chunk, spacing: spacing).write(to: writer.bytes)
    return writer
  }

  private func take(_ message: Message) throws {
    switch message.kind {
    case .computed: try take(message.bytes, owner: message.payload, from: message.source)
    case .threw:
      let failure = try Control.decode(ItemFailure.self, from: message.bytes, rank: 0, host: session.host)
      try fail(failure.error, at: failure.index, in: failure.chunk, by: message.source)
    case .gaveBack:
      let bounds = try Control.decode([Int].self, from: message.bytes, rank: 0, host: session.host)
      scheduler.gaveBack(
        rank: message.source, ranges: stride(from: 0, to: bounds.count - 1, by: 2).map { bounds[$0]..<bounds[$0 + 1] })
    default: break
    }
  }

  /// What a compute thread of this rank has done.
  private func take(_ task: Task) throws {
    let chunk = task.kept
    // All of it was called back before it was begun.
    if chunk.isEmpty { return }
    if task.writesInPlace {
      let range = chunk.prefix(task.completed)
      initialized.insert(range)
      if let bytes = task.bytes {
        coded.append(CodedPart(range: range, bytes: UnsafeRawBufferPointer(bytes.bytes), owner: bytes))
      }
    }
    if let failure = task.failure { return try fail(failure, at: chunk.lowerBound + task.completed, in: chunk, by: 0) }
    if let message = task.joined, !task.writesInPlace {
      ResultHeader(chunk: chunk, completed: task.completed, nanoseconds: task.nanoseconds).write(to: message.bytes)
      return try take(UnsafeRawBufferPointer(message.bytes), owner: message, from: 0)
    }
    scheduler.returned(rank: 0, chunk: chunk, completed: task.completed, nanoseconds: task.nanoseconds)
  }

  /// Results that came by message.
  private func take(_ message: UnsafeRawBufferPointer, owner: AnyObject, from rank: Int) throws {
    let header = try ResultHeader(message)
    let range = header.chunk.prefix(header.completed)
    let payload = ChunkHeader.payload(of: message)
    let (done, error) = Items.read(UnsafeMutableBufferPointer(rebasing: results[range]), from: payload)
    initialized.insert(range.prefix(done))
    if let error {
      let index = range.lowerBound + done
      return try fail(
        SeppoError(error, index: index, rank: 0, host: session.host), at: index, in: header.chunk, by: rank)
    }
    if sharesCoded {
      coded.append(CodedPart(range: range, bytes: payload, owner: owner))
    }
    scheduler.returned(
      rank: rank, chunk: header.chunk, completed: header.completed, nanoseconds: header.nanoseconds)
  }

  /// The item at `index` failed where it was computed.
  private func fail(_ error: SeppoError, at index: Int, in chunk: Range<Int>, by rank: Int) throws {
    let decides = index < scheduler.bound
    scheduler.threw(rank: rank, chunk: chunk, index: index)
    if decides { try decide(error, at: index) }
  }

  /// Unless an item below fails too, it is this one's error: nothing above it is begun any more, by nobody.
  private func decide(_ error: SeppoError, at index: Int) throws {
    failure = error
    context.bound.lower(to: index)
    for rank in cameHere { try session.send(index, to: rank, kind: .stop) }
  }

  private func share() throws {
    guard session.size > 1 else { return }
    guard call.givesToAll else { return try rendezvous.finish(.done) }
    if context.resultsAreMemory {
      try Sharing(session, rendezvous).give(memory: UnsafeMutableRawBufferPointer(results), count: results.count)
    } else {
      coded.sort { $0.range.lowerBound < $1.range.lowerBound }
      try Sharing(session, rendezvous).give(coded)
    }
  }
}
