import SeppoTransport
import SeppoWire

/// One chunk of a map: from items to results, on a compute thread, a stretch at a time.
///
/// As every `ComputeTask`, it is in one pair of hands at a time: that is why it is `@unchecked Sendable`.
final class MapTask<Element: Codable & Sendable, Result: Codable & Sendable>: ComputeTask, @unchecked Sendable {
  /// Where the items are.
  enum Input {
    /// On rank 0: in the program's own array.
    case memory(UnsafeBufferPointer<Element>)
    /// Nowhere yet: they follow from this.
    case spaced(Spacing)
    /// As they came by message.
    case wire(UnsafeRawBufferPointer, owner: AnyObject)
  }

  /// Where the results go.
  enum Output {
    /// On rank 0: to their places among all results. `encodes` where they are to be broadcast and must be encoded for it.
    case memory(UnsafeMutableBufferPointer<Result>, encodes: Bool)
    /// Into a message, behind a header.
    case wire
  }

  /// What all tasks of a call share.
  struct Context: Sendable {
    let rank: Int
    let host: String
    let place: String
    let bound: Bound
    /// So many items stay together.
    let unit: Int
    let itemsAreMemory: Bool
    let resultsAreMemory: Bool
  }

  private let input: Input
  private let output: Output
  private let context: Context

  /// So many results, from the chunk's first on, are there.
  private(set) var completed = 0
  /// What the item after those met with.
  private(set) var failure: SeppoError?
  /// What computing took.
  private(set) var nanoseconds = 0
  /// The results in bytes, if they were to be encoded; behind a header where the output is a message.
  private(set) var bytes: _WireWriter?
  /// Of these the memory of long arrays, which is sent from where it is.
  private(set) var lent = LentMemory()

  /// All of the message, where it doesn't travel.
  var joined: _WireWriter? {
    guard let bytes, !lent.isEmpty else { return bytes }
    let joined = _WireWriter()
    for piece in lent.pieces(in: UnsafeRawBufferPointer(bytes.bytes)) { joined.append(piece) }
    return joined
  }

  /// Whether the results go to their places among all results, or into a message.
  var writesInPlace: Bool { if case .memory = output { true } else { false } }

  init(chunk: Range<Int>, input: Input, output: Output, context: Context) {
    self.input = input
    self.output = output
    self.context = context
    super.init(chunk: chunk, unit: context.unit)
  }

  override func run(_ kernel: ChunkKernel, _ hand: Hand) {
    let began = monotonicNanoseconds()
    defer { nanoseconds = max(1, monotonicNanoseconds() - began) }
    switch input {
    case .memory(let items):
      compute(kernel, hand) { UnsafeBufferPointer(rebasing: items[$0]) }
    case .spaced(let spacing):
      let room = UnsafeMutablePointer<Element>.allocate(capacity: min(Elements<Element>.run, chunk.count))
      defer { room.deallocate() }
      compute(kernel, hand, atMost: Elements<Element>.run) { places in
        spacing.write((chunk.lowerBound + places.lowerBound)..<(chunk.lowerBound + places.upperBound), to: room)
        return UnsafeBufferPointer(start: room, count: places.count)
      }
    case .wire(let payload, _):
      if context.itemsAreMemory, payload.count == chunk.count * MemoryLayout<Element>.stride,
        Int(bitPattern: payload.baseAddress) % MemoryLayout<Element>.alignment == 0
      {
        let items = payload.bindMemory(to: Element.self)
        compute(kernel, hand) { UnsafeBufferPointer(rebasing: items[$0]) }
      } else {
        decodeAndCompute(payload, kernel, hand)
      }
    }
  }

  private func decodeAndCompute(_ payload: UnsafeRawBufferPointer, _ kernel: ChunkKernel, _ hand: Hand) {
    let items = UnsafeMutableBufferPointer<Element>.allocate(capacity: chunk.count)
    let (done, error) = Items.read(items, from: payload)
    defer {
      UnsafeMutableBufferPointer(rebasing: items[..<done]).deinitialize()
      items.deallocate()
    }
    // The items before the one that can't be read are computed: one of them may throw, and is the lower.
    compute(kernel, hand) { UnsafeBufferPointer(rebasing: items[$0.clamped(to: 0..<done)]) }
    if let error, failure == nil, completed == done {
      fail(SeppoError(error, index: chunk.lowerBound + done, rank: context.rank, host: context.host))
    }
  }

  /// Stretch after stretch, until none is left, an item fails, or the bound is met.
  ///
  /// - Parameters:
  ///   - longest: no stretch has more items.
  ///   - items: gives the items at places counted from the chunk's first, or fewer where they end.
  private func compute(
    _ kernel: ChunkKernel, _ hand: Hand, atMost longest: Int = .max,
    _ items: (Range<Int>) -> UnsafeBufferPointer<Element>
  ) {
    switch output {
    case .memory(let results, let encodes):
      eachStretch(hand, atMost: longest) {
        runKernel(kernel, items($0), UnsafeMutableBufferPointer(rebasing: results[$0]))
      }
      if encodes { encodeForAll(UnsafeMutableBufferPointer(rebasing: results[..<completed])) }
    case .wire where context.resultsAreMemory && MemoryLayout<Result>.alignment <= ChunkHeader.size:
      // Plain memory is computed where it is sent from.
      let size = MemoryLayout<Result>.stride
      let writer = ChunkHeader.writer(payload: chunk.count * size)
      eachStretch(hand, atMost: longest) { places in
        let results = writer.append(uninitialized: places.count * size).bindMemory(to: Result.self)
        runKernel(kernel, items(places), results)
        writer.truncate(to: ChunkHeader.size + completed * size)
      }
      bytes = writer
    case .wire:
      let results = UnsafeMutableBufferPointer<Result>.allocate(capacity: chunk.count)
      eachStretch(hand, atMost: longest) {
        runKernel(kernel, items($0), UnsafeMutableBufferPointer(rebasing: results[$0]))
      }
      let initialized = completed
      defer {
        UnsafeMutableBufferPointer(rebasing: results[..<initialized]).deinitialize()
        results.deallocate()
      }
      let writer = ChunkHeader.writer(payload: 0)
      do {
        try Items.write(UnsafeBufferPointer(rebasing: results[..<completed]), to: writer, lending: &lent)
      } catch {
        fail(encoding: error)
      }
      bytes = writer
    }
  }

  private func eachStretch(_ hand: Hand, atMost longest: Int, _ body: (Range<Int>) -> Void) {
    var size = StretchSize(unit: unit)
    var began = monotonicNanoseconds()
    while failure == nil, let places = claims.next(min(size.items, longest)) {
      hand.take((chunk.lowerBound + places.lowerBound)..<(chunk.lowerBound + places.upperBound), at: began)
      body(places)
      if completed < places.upperBound { return }
      let now = monotonicNanoseconds()
      size.took(now - began)
      began = now
    }
  }

  private func runKernel(
    _ kernel: ChunkKernel, _ items: UnsafeBufferPointer<Element>, _ results: UnsafeMutableBufferPointer<Result>
  ) {
    let outcome = kernel(
      UnsafeRawBufferPointer(items), UnsafeMutableRawBufferPointer(results), chunk.lowerBound + completed, context.bound
    )
    completed += outcome.completed
    if let thrown = outcome.thrown {
      fail(
        SeppoError(
          thrown, item: chunk.lowerBound + completed, rank: context.rank, host: context.host, place: context.place))
    }
  }

  /// Encodes results that stand in their places, for the broadcast.
  private func encodeForAll(_ results: UnsafeMutableBufferPointer<Result>) {
    let writer = _WireWriter()
    do {
      try Items.write(UnsafeBufferPointer(results), to: writer)
      if failure == nil, !Items.haveOwnForm(Result.self) { readBack(results, writer.bytes) }
    } catch {
      UnsafeMutableBufferPointer(rebasing: results[error.item...]).deinitialize()
      fail(encoding: error)
    }
    bytes = writer
  }

  /// The result that can't be encoded stands before an item that threw, if one did, and so it decides; those past it are
  /// given up.
  private func fail(encoding error: WireError) {
    completed = error.item
    fail(SeppoError(error, index: chunk.lowerBound + completed, rank: context.rank, host: context.host))
  }

  /// Rank 0 takes its own results as the other ranks will get them. Else a type that loses something on the way would give
  /// them other values than it, and one that can't be decoded an error that it doesn't have.
  private func readBack(_ results: UnsafeMutableBufferPointer<Result>, _ bytes: UnsafeMutableRawBufferPointer) {
    results.deinitialize()
    let (done, error) = Items.read(results, from: UnsafeRawBufferPointer(bytes))
    completed = done
    if let error {
      fail(SeppoError(error, index: chunk.lowerBound + done, rank: context.rank, host: context.host))
    }
  }

  private func fail(_ error: SeppoError) {
    failure = error
    context.bound.lower(to: chunk.lowerBound + completed)
  }
}

extension SeppoError {
  init(_ thrown: any Error, item index: Int, rank: Int, host: String, place: String) {
    self = .itemThrew(
      index: index, rank: rank, host: host, type: String(describing: type(of: thrown)), description: "\(thrown)",
      place: place)
  }
}
