import SeppoCompute
import SeppoProcess
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
    /// On rank 0: to their places among all results. `encodes` where they are to be broadcast and must be encoded for it, or
    /// may lose something on their way.
    /// Where the map goes on behind items that fail, and nothing is to be encoded, their places stay empty.
    case memory(UnsafeMutableBufferPointer<Result>, encodes: Bool)
    /// Into a message, behind a header.
    case wire
  }

  /// What all tasks of a call share.
  struct Context: Sendable {
    let rank: Int
    let host: String
    let place: Place
    let bound: Bound
    /// So many items stay together.
    let unit: Int
    /// Whether a chunk ends at the first item that fails.
    let stopsAtFailure: Bool
    /// How long an item may take, in nanoseconds; nil for any time.
    let timeout: Int?
    let itemsAreMemory: Bool
    /// Whether rank 0 computes its own items as the other ranks get theirs: a type that loses something on the way would
    /// otherwise give other results where rank 0 computes it.
    let readsItemsBack: Bool
    let resultsAreMemory: Bool
    /// On rank 0.
    let losses: LossOnTheWay?
  }

  let state: ComputeTaskState
  private let input: Input
  private let output: Output
  private let context: Context
  /// When this rank got it, in nanoseconds.
  let came = monotonicNanoseconds()

  /// So many items, from the chunk's first on, are dealt with: computed, or among the failures.
  private(set) var completed = 0
  /// So many results are there, in the order of the items, with no room for those that failed.
  private(set) var made = 0
  /// Which items failed, lowest first, counted from the chunk's first.
  private var failed: [(offset: Int, error: SeppoError)] = []
  /// Where the stretch at hand ends, and when it began.
  private var claimed = 0
  private var began = 0
  /// What computing took.
  private(set) var nanoseconds = 0
  /// The results in bytes, if they were to be encoded; behind a header where the output is a message.
  private(set) var bytes: _WireWriter?
  /// Of these the memory of long arrays, which is sent from where it is.
  private(set) var lent = LentMemory()

  /// The items that failed, lowest first.
  var failures: [FailedItem] { failed.map { FailedItem(index: chunk.lowerBound + $0.offset, error: $0.error) } }
  private var isOver: Bool { context.stopsAtFailure && !failed.isEmpty }

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
    state = ComputeTaskState(chunk: chunk, unit: context.unit)
  }

  func run(_ kernel: ChunkKernel, _ hand: Hand) { CallContext.enter(.item) { compute(kernel, hand) } }

  private func compute(_ kernel: ChunkKernel, _ hand: Hand) {
    let began = monotonicNanoseconds()
    defer { nanoseconds = max(1, monotonicNanoseconds() - began) }
    switch input {
    case .memory(let items) where context.readsItemsBack:
      let writer = _WireWriter()
      var refused: WireError?
      do { try Items.write(items, to: writer) } catch { refused = error }
      decodeAndCompute(UnsafeRawBufferPointer(writer.bytes), upTo: refused, kernel, hand)
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

  func onCease() { context.bound.lower(to: 0) }

  /// - Parameter refused: the item that is not in the payload, nor what stands behind it.
  private func decodeAndCompute(
    _ payload: UnsafeRawBufferPointer, upTo refused: WireError? = nil, _ kernel: ChunkKernel, _ hand: Hand
  ) {
    let items = UnsafeMutableBufferPointer<Element>.allocate(capacity: refused?.item ?? chunk.count)
    let (done, unreadable) = Items.read(items, from: payload)
    let error = unreadable ?? refused
    defer {
      UnsafeMutableBufferPointer(rebasing: items[..<done]).deinitialize()
      items.deallocate()
    }
    // The items before the one that can't be read are computed: one of them may throw, and is the lower. Those behind it
    // can't be read from here, and go back as not begun.
    compute(kernel, hand) { UnsafeBufferPointer(rebasing: items[$0.clamped(to: 0..<done)]) }
    if let error, !isOver, completed == done, claimed > done {
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
        runKernel(kernel, hand, items($0), UnsafeMutableBufferPointer(rebasing: results[$0]))
      }
      if encodes, !hasCeased { encodeForAll(UnsafeMutableBufferPointer(rebasing: results[..<made])) }
    case .wire where context.resultsAreMemory && MemoryLayout<Result>.alignment <= ChunkHeader.size:
      // Plain memory is computed where it is sent from.
      let size = MemoryLayout<Result>.stride
      let writer = ChunkHeader.writer(payload: chunk.count * size)
      eachStretch(hand, atMost: longest) { places in
        let results = writer.append(uninitialized: places.count * size).bindMemory(to: Result.self)
        runKernel(kernel, hand, items(places), results)
        writer.truncate(to: ChunkHeader.size + made * size)
      }
      bytes = writer
    case .wire:
      let results = UnsafeMutableBufferPointer<Result>.allocate(capacity: chunk.count)
      defer {
        UnsafeMutableBufferPointer(rebasing: results[..<made]).deinitialize()
        results.deallocate()
      }
      eachStretch(hand, atMost: longest) {
        runKernel(kernel, hand, items($0), UnsafeMutableBufferPointer(rebasing: results[made..<(made + $0.count)]))
      }
      if !hasCeased { encode(results) }
    }
  }

  private func eachStretch(_ hand: Hand, atMost longest: Int, _ body: (Range<Int>) -> Void) {
    // What may pass its time is begun by itself, so that it is known which item does.
    let longest = context.timeout == nil ? longest : 1
    var size = StretchSize(unit: unit)
    began = monotonicNanoseconds()
    while !isOver, let places = claim(min(size.items, longest)) {
      claimed = places.upperBound
      hand.take((chunk.lowerBound + places.lowerBound)..<(chunk.lowerBound + places.upperBound), at: began)
      body(places)
      if completed < places.upperBound { return }
      let now = monotonicNanoseconds()
      size.took(now - began, for: places.count)
      began = now
    }
  }

  /// Computes the items, and goes on behind those that fail where the map does.
  private func runKernel(
    _ kernel: ChunkKernel, _ hand: Hand, _ items: UnsafeBufferPointer<Element>,
    _ results: UnsafeMutableBufferPointer<Result>
  ) {
    let last = completed + items.count
    let first = writesInPlace ? completed : made
    while completed < last, !isOver {
      let rest = UnsafeBufferPointer(rebasing: items[(items.count - (last - completed))...])
      let room = UnsafeMutableBufferPointer(rebasing: results[((writesInPlace ? completed : made) - first)...])
      let outcome = kernel(
        UnsafeRawBufferPointer(rest), UnsafeMutableRawBufferPointer(room), chunk.lowerBound + completed, context.bound)
      RankProcess.endIfFork(mappedAt: context.place.fileID, line: context.place.line)
      if let timeout = context.timeout, outcome.completed > 0 || outcome.thrown != nil, isLate(hand, timeout) {
        // Of one item only, see above. What comes after its time is as good as nothing: its failure may be known already.
        UnsafeMutableBufferPointer(rebasing: room[..<outcome.completed]).deinitialize()
        fail(context.timedOut(chunk.lowerBound + completed))
        continue
      }
      completed += outcome.completed
      made += outcome.completed
      guard let thrown = outcome.thrown else { return }
      // Then it is not done, and a later job computes it again.
      if StopSignal.mayHaveMadeItemThrow() { return }
      fail(
        .itemThrew(
          ItemError(
            thrown, index: chunk.lowerBound + completed, rank: context.rank, host: context.host,
            place: context.place.text)))
    }
  }

  private func isLate(_ hand: Hand, _ timeout: Int) -> Bool {
    hand.emptyInOrder()
    return monotonicNanoseconds() - began > timeout
  }

  private func lookForLoss(_ results: UnsafeMutableBufferPointer<Result>) {
    guard failed.isEmpty else { return }
    context.losses?.look(
      at: UnsafeBufferPointer(rebasing: results[..<made]), from: chunk.lowerBound, areResults: true, context.place)
  }

  /// Encodes the results for their way to rank 0.
  private func encode(_ results: UnsafeMutableBufferPointer<Result>) {
    lookForLoss(results)
    while true {
      let writer = ChunkHeader.writer(payload: 0)
      bytes = writer
      lent = LentMemory()
      do {
        return try Items.write(UnsafeBufferPointer(rebasing: results[..<made]), to: writer, lending: &lent)
      } catch  where context.stopsAtFailure {
        let kept = made
        fail(encoding: error)
        UnsafeMutableBufferPointer(rebasing: results[made..<kept]).deinitialize()
        return
      } catch {
        dropUnencodable(results, from: error)
      }
    }
  }

  /// Looks at each result behind the first that can't be encoded, and keeps those that can.
  private func dropUnencodable(_ results: UnsafeMutableBufferPointer<Result>, from first: WireError) {
    guard let start = results.baseAddress else { return }
    var dropped: [(offset: Int, error: SeppoError)] = []
    var kept = first.item
    for number in first.item..<made {
      let error = number == first.item ? first : encodingError(start + number)
      if let error {
        let offset = offset(ofResult: number)
        dropped.append(
          (offset, SeppoError(error, index: chunk.lowerBound + offset, rank: context.rank, host: context.host)))
        (start + number).deinitialize(count: 1)
      } else {
        if kept < number { (start + kept).moveInitialize(from: start + number, count: 1) }
        kept += 1
      }
    }
    made = kept
    failed = (failed + dropped).sorted { $0.offset < $1.offset }
  }

  private func encodingError(_ result: UnsafePointer<Result>) -> WireError? {
    do {
      try Items.write(UnsafeBufferPointer(start: result, count: 1), to: _WireWriter())
      return nil
    } catch {
      return error
    }
  }

  /// Which item of the chunk this result is of: those before it that failed have none.
  private func offset(ofResult number: Int) -> Int {
    var offset = number
    for failure in failed where failure.offset <= offset { offset += 1 }
    return offset
  }

  /// Encodes results that stand in their places, for the broadcast.
  private func encodeForAll(_ results: UnsafeMutableBufferPointer<Result>) {
    lookForLoss(results)
    let writer = _WireWriter()
    do {
      try Items.write(UnsafeBufferPointer(results), to: writer)
      if failed.isEmpty, !Items.haveOwnForm(Result.self) { readBack(results, writer.bytes) }
    } catch {
      UnsafeMutableBufferPointer(rebasing: results[error.item...]).deinitialize()
      fail(encoding: error)
    }
    bytes = writer
  }

  /// A result can't be encoded, and ends the map: it stands before an item that threw, if one did, and so it decides; those
  /// past it are given up.
  private func fail(encoding error: WireError) {
    failed.removeAll()
    completed = error.item
    made = error.item
    fail(SeppoError(error, index: chunk.lowerBound + error.item, rank: context.rank, host: context.host))
  }

  /// Rank 0 takes its own results as the other ranks will get them. Else a type that loses something on the way would give
  /// them other values than it, and one that can't be decoded an error that it doesn't have.
  private func readBack(_ results: UnsafeMutableBufferPointer<Result>, _ bytes: UnsafeMutableRawBufferPointer) {
    results.deinitialize()
    let (done, error) = Items.read(results, from: UnsafeRawBufferPointer(bytes))
    completed = done
    made = done
    if let error {
      fail(SeppoError(error, index: chunk.lowerBound + done, rank: context.rank, host: context.host))
    }
  }

  /// The next item failed.
  private func fail(_ error: SeppoError) {
    if context.stopsAtFailure { context.bound.lower(to: chunk.lowerBound + completed) }
    failed.append((completed, error))
    completed += 1
  }
}

extension MapTask.Context {
  /// What becomes of an item that passes its time.
  func timedOut(_ index: Int) -> SeppoError {
    .itemTimedOut(
      index: index, rank: rank, host: host, timeout: Double(timeout ?? 0) / 1e9, tries: 1, place: place.text)
  }
}
