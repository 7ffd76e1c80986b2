import SeppoCompute
import SeppoEngine
import SeppoProcess
import SeppoTransport
import SeppoWire

/// The computation of one chunk, from items to values, batch by batch on a compute thread.
///
/// `@unchecked Sendable` because, as with every `ComputeTask`, only one thread at a time uses it.
final class MapTask<Element: Codable & Sendable, Value: Codable & Sendable>: ComputeTask, @unchecked Sendable {
  let state: ComputeTaskState
  /// The destination of the values.
  enum Output {
    /// The sink's memory; failed items leave gaps. `encodes` is whether the values must be encoded too, for the broadcast or
    /// because their type may lose data in a round trip.
    case places(UnsafeMutableBufferPointer<Value>, encodes: Bool)
    /// A message, after its header, without gaps.
    case message
  }

  private let input: TaskInput<Element>
  private let output: Output
  private let context: MapContext
  private let blocks: Blocks
  /// When this rank received the chunk, in nanoseconds.
  let arrival = monotonicNanoseconds()

  private var progress: ChunkRun
  /// Whether the last computed value decides the call.
  private(set) var isDecisive = false
  private var errors: [Int: SeppoError] = [:]
  /// The computing time.
  private(set) var nanoseconds = 0
  /// When the computation began, and how much of its time was spent on encoding the values, in nanoseconds.
  private var began = 0
  private var encoding = 0
  /// The encoded values, if they have to be encoded; after a header if the output is a message.
  private(set) var bytes: WireWriter?
  /// The memory of long arrays among them, which is sent directly.
  private(set) var lent = LentMemory()

  init(chunk: Range<Int>, of blocks: Blocks, input: TaskInput<Element>, output: Output, context: MapContext) {
    self.input = input
    self.output = output
    self.context = context
    self.blocks = blocks
    let cursor = ChunkCursor(chunk, unit: context.unit)
    let isProgression = if case .progression = input { true } else { false }
    progress = ChunkRun(
      cursor,
      .init(
        stopsAtFailure: context.stopsAtFailure, timeout: blocks.timeout(perItem: context.timeout),
        longestBatch: isProgression
          ? max(1, Elements<Element>.progressionBatch / blocks.fullSize(of: chunk.lowerBound)) : .max,
        longestTime: context.longestChunk), at: arrival)
    state = ComputeTaskState(cursor)
  }

  private var chunk: Range<Int> { cursor.chunk }

  /// Returns the report on the finished chunk. To be called on the thread in the call.
  ///
  /// - Parameter includesTransit: whether to include the time since the chunk arrived.
  func report(includesTransit: Bool) -> ChunkReport {
    ChunkReport(
      chunk: cursor.kept, completed: progress.completed,
      failures: progress.failed.compactMap { index in errors[index].map { ItemFailure(index: index, error: $0) } },
      nanoseconds: nanoseconds, resident: includesTransit ? monotonicNanoseconds() - arrival : nil,
      timing: ChunkTiming(began: began, thread: state.thread, encoding: encoding, longest: progress.longest))
  }

  /// Whether the values are in the sink's memory.
  var wasInPlace: Bool { if case .places = output { true } else { false } }

  var computedCount: Int { progress.computedCount }

  /// Whether all values of the chunk are computed.
  var isWhole: Bool { progress.computedCount == chunk.count }

  func run(_ kernel: ChunkKernel, _ slot: InFlightSlot) { CallContext.enter(.item) { compute(kernel, slot) } }

  func blocks(of items: Range<Int>) -> Range<Int> { blocks.blocks(of: items) }

  /// - Parameter slot: shows the items that the thread is computing; nil in a nested call.
  func compute(_ kernel: ChunkKernel, _ slot: InFlightSlot?) {
    began = monotonicNanoseconds()
    defer { nanoseconds = max(1, monotonicNanoseconds() - began) }
    context.limits.setBlockSize(blocks.size)
    let items = blocks.items(of: chunk)
    switch input {
    case .memory(let elements): computeOwn(elements, items, kernel, slot)
    case .drawn(let part): withExtendedLifetime(part) { computeOwn(part.items, items, kernel, slot) }
    case .progression(let progression):
      let buffer = UnsafeMutablePointer<Element>.allocate(
        capacity: min(max(Elements<Element>.progressionBatch, blocks.fullSize(of: chunk.lowerBound)), items.count))
      defer { buffer.deallocate() }
      compute(kernel, slot) { items in
        progression.write(items, to: buffer)
        return UnsafeBufferPointer(start: buffer, count: items.count)
      }
    case .wire(let payload, _):
      if context.itemsAreMemory, payload.count == items.count * MemoryLayout<Element>.stride,
        Int(bitPattern: payload.baseAddress) % MemoryLayout<Element>.alignment == 0
      {
        let elements = payload.bindMemory(to: Element.self)
        compute(kernel, slot) { UnsafeBufferPointer(rebasing: elements[$0.shifted(by: -items.lowerBound)]) }
      } else {
        decodeAndCompute(kernel, slot) { Items.read($0, from: payload) }
      }
    case .parts(let encoded): decodeAndCompute(kernel, slot) { encoded.read(items, into: $0) }
    }
  }

  /// Computes items of this rank's own memory.
  private func computeOwn(
    _ elements: UnsafeBufferPointer<Element>, _ items: Range<Int>, _ kernel: ChunkKernel, _ slot: InFlightSlot?
  ) {
    guard context.decodesOwnItems else {
      return compute(kernel, slot) { UnsafeBufferPointer(rebasing: elements[$0.shifted(by: -items.lowerBound)]) }
    }
    let writer = WireWriter()
    var unencodable: WireError?
    do { try Items.write(elements, to: writer) } catch { unencodable = error }
    decodeAndCompute(upTo: unencodable, kernel, slot) { Items.read($0, from: UnsafeRawBufferPointer(writer.bytes)) }
  }

  func onAbandon() { context.limits.lower(to: 0) }

  /// - Parameters:
  ///   - unencodable: the error of the first item that can't be read because it can't be encoded.
  ///   - read: decodes the items; see `Items.read`.
  private func decodeAndCompute(
    upTo unencodable: WireError? = nil, _ kernel: ChunkKernel, _ slot: InFlightSlot?,
    _ read: (UnsafeMutableBufferPointer<Element>) -> (done: Int, error: WireError?)
  ) {
    let items = blocks.items(of: chunk)
    let elements = UnsafeMutableBufferPointer<Element>.allocate(capacity: unencodable?.item ?? items.count)
    let (done, unreadable) = read(elements)
    defer {
      UnsafeMutableBufferPointer(rebasing: elements[..<done]).deinitialize()
      elements.deallocate()
    }
    // Compute the blocks before the unreadable item: one of them may throw, and the lowest error decides. The blocks after it
    // can't be read from these bytes, and are returned as not started.
    let error = unreadable ?? unencodable
    let bad = blocks.block(of: items.lowerBound + done)
    let readable = error == nil ? items : blocks.items(of: chunk.lowerBound..<bad)
    compute(kernel, slot) {
      UnsafeBufferPointer(rebasing: elements[$0.clamped(to: readable).shifted(by: -items.lowerBound)])
    }
    if let error, !progress.endedByFailure, chunk.lowerBound + progress.completed == bad,
      chunk.lowerBound + progress.started > bad
    {
      fail(context.errors.uncodable(error, items.lowerBound + done))
    }
  }

  /// Computes batch by batch until none is left, an item fails, or the limit is reached. Then encodes the values if necessary.
  ///
  /// - Parameter elements: returns the elements of a range of items, or fewer if there are no more.
  private func compute(
    _ kernel: ChunkKernel, _ slot: InFlightSlot?, _ elements: (Range<Int>) -> UnsafeBufferPointer<Element>
  ) {
    switch output {
    case .places(let places, let encodes):
      eachBatch(kernel, slot, elements) { places[$0.shifted(by: -chunk.lowerBound)] }
      if isAbandoned { return }
      let values = UnsafeMutableBufferPointer(rebasing: places[..<computedCount])
      checkRoundTrip(values)
      if encodes { measureEncoding { encodeForBroadcast(values) } }
    case .message where context.valuesAreMemory && MemoryLayout<Value>.alignment <= Frame.headerSize:
      // Compute plain memory directly in the message.
      let size = MemoryLayout<Value>.stride
      let writer = Frame.writer(payload: chunk.count * size)
      eachBatch(kernel, slot, elements) { rest in
        writer.truncate(to: Frame.headerSize + computedCount * size)
        return writer.append(uninitialized: rest.count * size).bindMemory(to: Value.self)[...]
      }
      writer.truncate(to: Frame.headerSize + computedCount * size)
      bytes = writer
    case .message:
      let buffer = UnsafeMutableBufferPointer<Value>.allocate(capacity: chunk.count)
      defer {
        UnsafeMutableBufferPointer(rebasing: buffer[..<computedCount]).deinitialize()
        buffer.deallocate()
      }
      eachBatch(kernel, slot, elements) { buffer[computedCount..<(computedCount + $0.count)] }
      if isAbandoned { return }
      if progress.endedByFailure { bytes = Frame.writer(payload: 0) } else { measureEncoding { encode(buffer) } }
    }
  }

  /// - Parameter memory: returns uninitialised memory for the values of a range of blocks.
  private func eachBatch(
    _ kernel: ChunkKernel, _ slot: InFlightSlot?, _ elements: (Range<Int>) -> UnsafeBufferPointer<Element>,
    _ memory: (Range<Int>) -> Slice<UnsafeMutableBufferPointer<Value>>
  ) {
    while let batch = progress.next(at: monotonicNanoseconds()) {
      let items = blocks.items(of: batch)
      slot?.take(items, at: progress.startTime)
      let batchElements = elements(items)
      while let rest = progress.rest {
        let place = min(blocks.items(of: rest).lowerBound - items.lowerBound, batchElements.count)
        attempt(
          rest, UnsafeBufferPointer(rebasing: batchElements[place...]),
          UnsafeMutableBufferPointer(rebasing: memory(rest)), kernel, slot)
      }
    }
  }

  private func attempt(
    _ rest: Range<Int>, _ elements: UnsafeBufferPointer<Element>, _ places: UnsafeMutableBufferPointer<Value>,
    _ kernel: ChunkKernel, _ slot: InFlightSlot?
  ) {
    let outcome = kernel(
      UnsafeRawBufferPointer(elements), UnsafeMutableRawBufferPointer(places), rest.lowerBound, context.limits)
    RankProcess.endIfFork(mappedAt: context.place.fileID, line: context.place.line)
    func now() -> Int {
      slot?.emptyInOrder()
      return monotonicNanoseconds()
    }
    let item = blocks.firstItem(of: rest.lowerBound + outcome.completed) + outcome.offset
    switch progress.recordAttempt(computed: outcome.completed, threw: outcome.thrown != nil, at: now()) {
    case .computed:
      guard outcome.isDecisive else { break }
      isDecisive = true
      progress.stop()
      context.limits.lower(to: chunk.lowerBound + progress.completed)
    case .overdue:
      UnsafeMutableBufferPointer(rebasing: places[..<outcome.completed]).deinitialize()
      errors[rest.lowerBound] = context.timedOut(rest.lowerBound, of: blocks)
      stopAtFailure(rest.lowerBound)
    case .threw:
      // The request may have caused the error. So the item counts as not done, and a later job computes it again.
      if context.observesStopRequests, StopSignal.mayHaveMadeItemThrow() { return progress.stop() }
      if let thrown = outcome.thrown { fail(context.errors.threw(thrown, item)) }
    }
  }

  /// Notes that the next block has failed.
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

// MARK: Encoding the values

extension MapTask {
  /// The message without its header, as contiguous bytes, for use on this rank.
  var payload: (bytes: UnsafeRawBufferPointer, owner: AnyObject)? {
    guard let bytes else { return nil }
    if lent.isEmpty { return (Frame.payload(of: UnsafeRawBufferPointer(bytes.bytes)), bytes) }
    let joined = WireWriter()
    for piece in lent.pieces(in: UnsafeRawBufferPointer(bytes.bytes)) { joined.append(piece) }
    return (Frame.payload(of: UnsafeRawBufferPointer(joined.bytes)), joined)
  }

  /// Sends the report and the values to rank 0.
  func send(_ report: ChunkReport, _ job: Job) throws {
    // There are no values if the process is about to end.
    guard let writer = bytes else { return }
    try ReportFrame.write(report, to: writer, lent)
    try job.send(writer, lent, to: 0, kind: .computed)
  }

  private func measureEncoding(_ encode: () -> Void) {
    let start = monotonicNanoseconds()
    encode()
    encoding = monotonicNanoseconds() - start
  }

  private func checkRoundTrip(_ values: UnsafeMutableBufferPointer<Value>) {
    guard progress.failed.isEmpty else { return }
    context.roundTrips?.check(
      UnsafeBufferPointer(rebasing: values[..<computedCount]), from: blocks.items(of: chunk).lowerBound,
      areResults: true,
      context.place)
  }

  /// Encodes the values for the message to rank 0.
  private func encode(_ values: UnsafeMutableBufferPointer<Value>) {
    checkRoundTrip(values)
    while true {
      let writer = Frame.writer(payload: 0)
      bytes = writer
      lent = LentMemory()
      do {
        return try Items.write(UnsafeBufferPointer(rebasing: values[..<computedCount]), to: writer, lending: &lent)
      } catch  where context.stopsAtFailure {
        let count = computedCount
        endBefore(error)
        UnsafeMutableBufferPointer(rebasing: values[computedCount..<count]).deinitialize()
        return
      } catch {
        dropUnencodable(values, from: error)
      }
    }
  }

  /// Removes all values that can't be encoded, from the first one on.
  private func dropUnencodable(_ values: UnsafeMutableBufferPointer<Value>, from first: WireError) {
    guard let start = values.baseAddress else { return }
    let computed = chunk.prefix(progress.completed).filter { !progress.failed.contains($0) }
    var dropped: [Int] = []
    var kept = first.item
    for number in first.item..<computedCount {
      if let error = number == first.item ? first : encodingError(start + number) {
        dropped.append(computed[number])
        errors[computed[number]] = context.errors.uncodable(error, blocks.firstItem(of: computed[number]))
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
      try Items.write(UnsafeBufferPointer(start: value, count: 1), to: WireWriter())
      return nil
    } catch {
      return error
    }
  }

  /// Encodes values that are in the sink's memory.
  private func encodeForBroadcast(_ values: UnsafeMutableBufferPointer<Value>) {
    let writer = WireWriter()
    do {
      try Items.write(UnsafeBufferPointer(values), to: writer)
      if progress.failed.isEmpty, !Items.haveOwnForm(Value.self) { decodeAgain(values, writer.bytes) }
    } catch {
      UnsafeMutableBufferPointer(rebasing: values[error.item...]).deinitialize()
      endBefore(error)
    }
    bytes = writer
  }

  /// Replaces values by decoded ones. Otherwise rank 0 would have other values than the other ranks if a type loses data in a
  /// round trip, and would miss an error if it can't be decoded.
  private func decodeAgain(_ values: UnsafeMutableBufferPointer<Value>, _ bytes: UnsafeMutableRawBufferPointer) {
    values.deinitialize()
    let (_, error) = Items.read(values, from: UnsafeRawBufferPointer(bytes))
    if let error { endBefore(error) }
  }

  /// Ends the chunk before a value that can't be sent, and drops the values after it. If an item has thrown, it comes after this
  /// value, so this error decides.
  private func endBefore(_ error: WireError) {
    let index = chunk.lowerBound + error.item
    progress.end(before: index)
    errors = [index: context.errors.uncodable(error, blocks.firstItem(of: index))]
    progress.fail()
    stopAtFailure(index)
  }
}

extension Range<Int> {
  func shifted(by offset: Int) -> Range<Int> { (lowerBound + offset)..<(upperBound + offset) }
}
