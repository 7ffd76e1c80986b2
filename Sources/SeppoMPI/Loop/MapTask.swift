import SeppoCompute
import SeppoEngine
import SeppoProcess
import SeppoTransport
import SeppoWire

/// One chunk of a call: from items to values, on a compute thread, a batch at a time.
///
/// As every `ComputeTask`, one thread at a time has it: that is why it is `@unchecked Sendable`.
final class MapTask<Element: Codable & Sendable, Value: Codable & Sendable>: ComputeTask, @unchecked Sendable {
  let state: ComputeTaskState
  /// Where the items are.
  enum Input {
    /// On rank 0: in the program's own array.
    case memory(UnsafeBufferPointer<Element>)
    /// Nowhere yet: they follow from this.
    case progression(ArithmeticProgression)
    /// As they came by message.
    case wire(UnsafeRawBufferPointer, owner: AnyObject)
  }

  /// Where the values go.
  enum Output {
    /// To the places that the sink has for them. `encodes` where they are to be broadcast and must be encoded for it, or may
    /// lose something on their way. Places of items that failed stay empty.
    case places(UnsafeMutableBufferPointer<Value>, encodes: Bool)
    /// Into a message, behind a header, without gaps.
    case message
  }

  private let input: Input
  private let output: Output
  private let context: MapContext
  private let blocks: Blocks
  /// When this rank got it, in nanoseconds.
  private let came = monotonicNanoseconds()

  private var progress: ChunkRun
  private var errors: [Int: SeppoError] = [:]
  private var nanoseconds = 0
  /// The values in bytes, if they were to be encoded; behind a header where the output is a message.
  private(set) var bytes: _WireWriter?
  /// Of these the memory of long arrays, which is sent from where it is.
  private(set) var lent = LentMemory()

  init(chunk: Range<Int>, of blocks: Blocks, input: Input, output: Output, context: MapContext) {
    self.input = input
    self.output = output
    self.context = context
    self.blocks = blocks
    let cursor = ChunkCursor(chunk, unit: context.unit)
    let isSpaced = if case .progression = input { true } else { false }
    progress = ChunkRun(
      cursor,
      .init(
        stopsAtFailure: context.stopsAtFailure, timeout: blocks.time(context.timeout),
        longestBatch: isSpaced ? max(1, Elements<Element>.run / blocks.size) : .max), at: came)
    state = ComputeTaskState(cursor)
  }

  private var chunk: Range<Int> { cursor.chunk }

  /// What there is to say of it; to be asked by the thread in the call, when it is done.
  func report(withWay: Bool) -> ChunkReport {
    ChunkReport(
      chunk: cursor.kept, completed: progress.completed,
      failures: progress.failed.compactMap { index in errors[index].map { ItemFailure(index: index, error: $0) } },
      nanoseconds: nanoseconds, resident: withWay ? monotonicNanoseconds() - came : nil)
  }

  /// Whether the values went to their places.
  var wasInPlace: Bool { if case .places = output { true } else { false } }

  var made: Int { progress.made }

  func run(_ kernel: ChunkKernel, _ slot: InFlightSlot) { CallContext.enter(.item) { compute(kernel, slot) } }

  func blocks(of items: Range<Int>) -> Range<Int> { blocks.blocks(of: items) }

  /// - Parameter hand: where the thread shows what it computes; nil where it computes another call's item.
  func compute(_ kernel: ChunkKernel, _ slot: InFlightSlot?) {
    let began = monotonicNanoseconds()
    defer { nanoseconds = max(1, monotonicNanoseconds() - began) }
    context.limits.setBlockSize(blocks.size)
    let items = blocks.items(of: chunk)
    switch input {
    case .memory(let elements) where context.readsItemsBack:
      let writer = _WireWriter()
      var refused: WireError?
      do { try Items.write(elements, to: writer) } catch { refused = error }
      decodeAndCompute(UnsafeRawBufferPointer(writer.bytes), upTo: refused, kernel, slot)
    case .memory(let elements):
      compute(kernel, slot) { UnsafeBufferPointer(rebasing: elements[$0.shifted(by: -items.lowerBound)]) }
    case .progression(let progression):
      let room = UnsafeMutablePointer<Element>.allocate(
        capacity: min(max(Elements<Element>.run, blocks.size), items.count))
      defer { room.deallocate() }
      compute(kernel, slot) { items in
        progression.write(items, to: room)
        return UnsafeBufferPointer(start: room, count: items.count)
      }
    case .wire(let payload, _):
      if context.itemsAreMemory, payload.count == items.count * MemoryLayout<Element>.stride,
        Int(bitPattern: payload.baseAddress) % MemoryLayout<Element>.alignment == 0
      {
        let elements = payload.bindMemory(to: Element.self)
        compute(kernel, slot) { UnsafeBufferPointer(rebasing: elements[$0.shifted(by: -items.lowerBound)]) }
      } else {
        decodeAndCompute(payload, kernel, slot)
      }
    }
  }

  func onCease() { context.limits.lower(to: 0) }

  /// - Parameter refused: the item that is not in the payload, nor what stands behind it.
  private func decodeAndCompute(
    _ payload: UnsafeRawBufferPointer, upTo refused: WireError? = nil, _ kernel: ChunkKernel, _ slot: InFlightSlot?
  ) {
    let items = blocks.items(of: chunk)
    let elements = UnsafeMutableBufferPointer<Element>.allocate(capacity: refused?.item ?? items.count)
    let (done, unreadable) = Items.read(elements, from: payload)
    defer {
      UnsafeMutableBufferPointer(rebasing: elements[..<done]).deinitialize()
      elements.deallocate()
    }
    // The blocks before the item that can't be read are computed: one of them may throw, and is the lower. Those behind it
    // can't be read from here, and go back as not begun.
    let error = unreadable ?? refused
    let readable = error == nil ? items : items.prefix(done / blocks.size * blocks.size)
    compute(kernel, slot) {
      UnsafeBufferPointer(rebasing: elements[$0.clamped(to: readable).shifted(by: -items.lowerBound)])
    }
    let bad = chunk.lowerBound + done / blocks.size
    if let error, !progress.isOver, chunk.lowerBound + progress.completed == bad,
      chunk.lowerBound + progress.begun > bad
    {
      fail(context.uncodable(error, items.lowerBound + done))
    }
  }

  /// Batch after batch, until none is left, an item fails, or the limit is met; and encodes the values where they travel.
  ///
  /// - Parameter elements: gives those of some items, or fewer where they end.
  private func compute(
    _ kernel: ChunkKernel, _ slot: InFlightSlot?, _ elements: (Range<Int>) -> UnsafeBufferPointer<Element>
  ) {
    switch output {
    case .places(let places, let encodes):
      eachBatch(kernel, slot, elements) { places[$0.shifted(by: -chunk.lowerBound)] }
      if hasCeased { return }
      let values = UnsafeMutableBufferPointer(rebasing: places[..<made])
      lookForLoss(values)
      if encodes { encodeForAll(values) }
    case .message where context.valuesAreMemory && MemoryLayout<Value>.alignment <= Frame.headerSize:
      // Plain memory is computed where it is sent from.
      let size = MemoryLayout<Value>.stride
      let writer = Frame.writer(payload: chunk.count * size)
      eachBatch(kernel, slot, elements) { rest in
        writer.truncate(to: Frame.headerSize + made * size)
        return writer.append(uninitialized: rest.count * size).bindMemory(to: Value.self)[...]
      }
      writer.truncate(to: Frame.headerSize + made * size)
      bytes = writer
    case .message:
      let room = UnsafeMutableBufferPointer<Value>.allocate(capacity: chunk.count)
      defer {
        UnsafeMutableBufferPointer(rebasing: room[..<made]).deinitialize()
        room.deallocate()
      }
      eachBatch(kernel, slot, elements) { room[made..<(made + $0.count)] }
      if hasCeased { return }
      if progress.isOver { bytes = Frame.writer(payload: 0) } else { encode(room) }
    }
  }

  /// - Parameter room: uninitialised memory for the values of some blocks.
  private func eachBatch(
    _ kernel: ChunkKernel, _ slot: InFlightSlot?, _ elements: (Range<Int>) -> UnsafeBufferPointer<Element>,
    _ room: (Range<Int>) -> Slice<UnsafeMutableBufferPointer<Value>>
  ) {
    while let batch = progress.next(at: monotonicNanoseconds()) {
      let items = blocks.items(of: batch)
      slot?.take(items, at: progress.since)
      let batchElements = elements(items)
      while let rest = progress.rest {
        let place = min(blocks.items(of: rest).lowerBound - items.lowerBound, batchElements.count)
        attempt(
          rest, UnsafeBufferPointer(rebasing: batchElements[place...]),
          UnsafeMutableBufferPointer(rebasing: room(rest)), kernel, slot)
      }
    }
  }

  private func attempt(
    _ rest: Range<Int>, _ elements: UnsafeBufferPointer<Element>, _ room: UnsafeMutableBufferPointer<Value>,
    _ kernel: ChunkKernel, _ slot: InFlightSlot?
  ) {
    let outcome = kernel(
      UnsafeRawBufferPointer(elements), UnsafeMutableRawBufferPointer(room), rest.lowerBound, context.limits)
    RankProcess.endIfFork(mappedAt: context.place.fileID, line: context.place.line)
    func now() -> Int {
      slot?.emptyInOrder()
      return monotonicNanoseconds()
    }
    let item = blocks.items(of: rest).lowerBound + outcome.completed * blocks.size + outcome.offset
    switch progress.tried(computed: outcome.completed, threw: outcome.thrown != nil, at: now()) {
    case .computed: break
    case .overdue:
      UnsafeMutableBufferPointer(rebasing: room[..<outcome.completed]).deinitialize()
      errors[rest.lowerBound] = context.timedOut(rest.lowerBound, of: blocks)
      stopAtFailure(rest.lowerBound)
    case .threw:
      // Then it is not done, and a later job computes it again.
      if context.mindsRequests, StopSignal.mayHaveMadeItemThrow() { return progress.leave() }
      if let thrown = outcome.thrown { fail(context.threw(thrown, item)) }
    }
  }

  /// The next block failed.
  private func fail(_ error: SeppoError) {
    let index = chunk.lowerBound + progress.completed
    errors[index] = error
    progress.fail()
    stopAtFailure(index)
  }

  private func stopAtFailure(_ index: Int) {
    if context.stopsAtFailure { context.limits.lower(to: index) }
  }
}

/// The values on their way.
extension MapTask {
  /// All of the message behind the header, where it doesn't travel.
  var payload: (bytes: UnsafeRawBufferPointer, owner: AnyObject)? {
    guard let bytes else { return nil }
    if lent.isEmpty { return (Frame.payload(of: UnsafeRawBufferPointer(bytes.bytes)), bytes) }
    let joined = _WireWriter()
    for piece in lent.pieces(in: UnsafeRawBufferPointer(bytes.bytes)) { joined.append(piece) }
    return (Frame.payload(of: UnsafeRawBufferPointer(joined.bytes)), joined)
  }

  private func lookForLoss(_ values: UnsafeMutableBufferPointer<Value>) {
    guard progress.failed.isEmpty else { return }
    context.roundTrips?.look(
      at: UnsafeBufferPointer(rebasing: values[..<made]), from: blocks.items(of: chunk).lowerBound, areResults: true,
      context.place)
  }

  /// Encodes the values for their way to rank 0.
  private func encode(_ values: UnsafeMutableBufferPointer<Value>) {
    lookForLoss(values)
    while true {
      let writer = Frame.writer(payload: 0)
      bytes = writer
      lent = LentMemory()
      do {
        return try Items.write(UnsafeBufferPointer(rebasing: values[..<made]), to: writer, lending: &lent)
      } catch  where context.stopsAtFailure {
        let kept = made
        endBefore(error)
        UnsafeMutableBufferPointer(rebasing: values[made..<kept]).deinitialize()
        return
      } catch {
        dropUnencodable(values, from: error)
      }
    }
  }

  /// Looks at each value behind the first that can't be encoded, and keeps those that can.
  private func dropUnencodable(_ values: UnsafeMutableBufferPointer<Value>, from first: WireError) {
    guard let start = values.baseAddress else { return }
    let computed = chunk.prefix(progress.completed).filter { !progress.failed.contains($0) }
    var dropped: [Int] = []
    var kept = first.item
    for number in first.item..<made {
      if let error = number == first.item ? first : encodingError(start + number) {
        dropped.append(computed[number])
        errors[computed[number]] = context.uncodable(error, blocks.firstItem(of: computed[number]))
        (start + number).deinitialize(count: 1)
      } else {
        if kept < number { (start + kept).moveInitialize(from: start + number, count: 1) }
        kept += 1
      }
    }
    progress.add(failed: dropped)
  }

  private func encodingError(_ value: UnsafePointer<Value>) -> WireError? {
    do {
      try Items.write(UnsafeBufferPointer(start: value, count: 1), to: _WireWriter())
      return nil
    } catch {
      return error
    }
  }

  /// Encodes values that stand in their places, for the broadcast.
  private func encodeForAll(_ values: UnsafeMutableBufferPointer<Value>) {
    let writer = _WireWriter()
    do {
      try Items.write(UnsafeBufferPointer(values), to: writer)
      if progress.failed.isEmpty, !Items.haveOwnForm(Value.self) { readBack(values, writer.bytes) }
    } catch {
      UnsafeMutableBufferPointer(rebasing: values[error.item...]).deinitialize()
      endBefore(error)
    }
    bytes = writer
  }

  /// Rank 0 takes its own values as the other ranks will get them. Else a type that loses something on the way would give
  /// them other values than it, and one that can't be decoded an error that it doesn't have.
  private func readBack(_ values: UnsafeMutableBufferPointer<Value>, _ bytes: UnsafeMutableRawBufferPointer) {
    values.deinitialize()
    let (_, error) = Items.read(values, from: UnsafeRawBufferPointer(bytes))
    if let error { endBefore(error) }
  }

  /// A value can't travel, and ends the call: it stands before an item that threw, if one did, and so it decides; those
  /// past it are given up.
  private func endBefore(_ error: WireError) {
    let index = chunk.lowerBound + error.item
    progress.end(before: index)
    errors = [index: context.uncodable(error, blocks.firstItem(of: index))]
    progress.fail()
    stopAtFailure(index)
  }
}

extension Range<Int> {
  func shifted(by offset: Int) -> Range<Int> { (lowerBound + offset)..<(upperBound + offset) }
}
