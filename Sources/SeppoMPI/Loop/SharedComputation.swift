import SeppoCompute
import SeppoEngine
import SeppoProcess
import SeppoWire

/// A rank's computing in a call that is made in shared memory: takes chunks, computes them on the calling thread, and stores
/// their values.
final class SharedComputation<Element: Codable & Sendable, Value: Codable & Sendable> {
  typealias Task = MapTask<Element, Value>

  let area: SharedArea
  let blocks: Blocks
  let context: MapContext
  private let head: SharedArea.Head
  private let job: Job
  private let kernel: ChunkKernel
  private let slot: InFlightSlot
  /// The items in memory, on this rank or shared; nil if they have to be decoded or made from a progression.
  private let items: UnsafePointer<Element>?
  /// For the items of one chunk of a progression.
  private let buffer: UnsafeMutablePointer<Element>?
  /// The values' size in memory; nil if they are encoded.
  private let stride: Int?
  /// This rank's blocks that are not started.
  private let unstarted: AtomicRange
  private var size = BatchSize(unit: 1)
  private var environment = fenv_t()
  private let rounding = fegetround()

  /// The maximum number of items of a progression that are made at once.
  private static var longestBuffer: Int { 4_096 }

  init(
    _ call: MapCall<Element, Value>, _ area: SharedArea, _ head: SharedArea.Head, _ kernel: @escaping ChunkKernel,
    own: Elements<Element>? = nil
  ) {
    self.area = area
    self.kernel = kernel
    self.head = head
    job = call.job
    blocks = head.blocks
    context = call.context()
    context.limits.setBlockSize(blocks.size)
    stride = call.valuesAreMemory ? MemoryLayout<Value>.stride : nil
    unstarted = area.cursor.unstarted(of: call.job.rank)
    if case .memory(let elements) = own, !context.decodesOwnItems {
      items = elements.baseAddress
    } else {
      items = head.form == .memory ? area.items(as: Element.self) : nil
    }
    buffer =
      head.form == .progression && blocks.items <= SharedComputation.longestBuffer
      ? .allocate(capacity: blocks.items) : nil
    slot = job.slots.use(0)
    slot.own()
    fegetenv(&environment)
  }

  deinit { buffer?.deallocate() }

  /// The expected time of a block, in nanoseconds; 0 if unknown.
  var expectedTime: Int { head.expectedTime }

  enum Step {
    case nothingLeft
    case stored
    /// Part of the chunk can't be in shared memory: items have failed, or there is no space.
    case unstored([Unstored])
  }

  /// A part of a chunk that isn't in shared memory.
  struct Unstored {
    let report: ChunkReport
    /// The task with the values, if there are any.
    var task: Task?
  }

  /// Gives this rank blocks that have to be computed again. It must have none.
  func compute(again blocks: Range<Int>) { unstarted.store(blocks) }

  /// Computes some of this rank's blocks, for a short time, or takes more.
  func step() -> Step {
    guard !unstarted.current.isEmpty || area.cursor.take(share: head.share, for: job.rank, of: job.size) != nil else {
      return .nothingLeft
    }
    let bound = area.cursor.bound
    if bound < blocks.count { context.limits.lower(to: bound) }
    let unstored = computesInPlace ? computeInPlace() : computeApart()
    // An item may have changed it. (Reading it takes less time.)
    if fegetround() != rounding { restoreEnvironment() }
    return unstored.isEmpty ? .stored : .unstored(unstored)
  }

  /// Restores the floating-point environment of the caller.
  func restoreEnvironment() { fesetenv(&environment) }

  // MARK: In place

  /// Whether items are in memory and values are computed in the shared memory.
  private var computesInPlace: Bool { stride != nil && (items != nil || buffer != nil) }

  private func computeInPlace() -> [Unstored] {
    let stride = MemoryLayout<Value>.stride
    let begin = monotonicNanoseconds()
    var (started, now) = (begin, begin)
    guard var batch = nextBatch() else { return [] }
    let first = batch.lowerBound
    var outcome = ChunkOutcome(completed: 0)
    job.deputy.compute(at: begin) {
      CallContext.enter(.item) {
        while true {
          let range = blocks.items(of: batch)
          slot.take(range, at: now)
          let values = UnsafeMutableRawBufferPointer(start: job.sharedCalls.scratch, count: batch.count * stride)
          outcome = kernel(elements(range), values, batch.lowerBound, context.limits)
          // A forked process must not write into shared memory.
          RankProcess.endIfFork(mappedAt: context.place.fileID, line: context.place.line)
          area.values(of: batch, stride: stride).copyMemory(
            from: UnsafeRawBufferPointer(rebasing: values[..<(outcome.completed * stride)]))
          slot.emptyInOrder()
          now = monotonicNanoseconds()
          size.record(nanoseconds: max(1, now - started), items: outcome.completed)
          started = now
          guard outcome.completed == batch.count, now - begin < SharedComputation.longestStep, let next = nextBatch()
          else { return }
          batch = next
        }
      }
    }
    area.finish(
      first..<(batch.lowerBound + outcome.completed), by: job.rank, stride: stride, nanoseconds: now - begin)
    return outcome.completed == batch.count ? [] : end(batch, outcome)
  }

  /// After this time, in nanoseconds, messages are due.
  private static var longestStep: Int { 1_000_000 }
  /// The part of a batch's time that is not worth being left to other ranks.
  private static var smallestPart: Int { 20 }

  /// Starts the next blocks. Fewer at the end, so that other ranks can still take some.
  private func nextBatch() -> Range<Int>? {
    unstarted.start { [size] count in
      size.items >= count.times(SharedComputation.smallestPart) ? count : max(1, min(size.items, count / 2))
    }
  }

  private func elements(_ range: Range<Int>) -> UnsafeRawBufferPointer {
    if let items {
      return UnsafeRawBufferPointer(UnsafeBufferPointer(start: items + range.lowerBound, count: range.count))
    }
    guard let buffer, let progression = head.progression else { preconditionFailure("the items have to be decoded") }
    progression.write(range, to: buffer)
    return UnsafeRawBufferPointer(UnsafeBufferPointer(start: buffer, count: range.count))
  }

  /// Handles a batch that was not computed to its end.
  private func end(_ batch: Range<Int>, _ outcome: ChunkOutcome) -> [Unstored] {
    let rest = (batch.lowerBound + outcome.completed)..<batch.upperBound
    // The limit was reached, or a request to stop may have caused the error: then a later job computes the item again.
    guard let thrown = outcome.thrown, !StopSignal.mayHaveMadeItemThrow() else { return giveUp(rest) }
    let error = context.errors.threw(thrown, blocks.firstItem(of: rest.lowerBound) + outcome.offset)
    let failed = Unstored(
      report: ChunkReport(
        chunk: rest.prefix(1), completed: 1, failures: [ItemFailure(index: rest.lowerBound, error: error)],
        nanoseconds: 0))
    if context.stopsAtFailure { return [failed] + giveUp(rest.dropFirst()) }
    if rest.count > 1 { unstarted.giveBack(rest.dropFirst()) }
    return [failed]
  }

  /// Gives up the rest of a batch, and this rank's blocks that are not started.
  ///
  /// - Returns: their report; nothing if there are no such blocks. Rank 0 wouldn't wait for a report without blocks, and would
  ///   receive it in the next call.
  private func giveUp(_ rest: Range<Int>) -> [Unstored] {
    let more = unstarted.start { $0 }
    let blocks = rest.lowerBound..<(more?.upperBound ?? rest.upperBound)
    return blocks.isEmpty ? [] : [Unstored(report: ChunkReport(chunk: blocks, completed: 0, nanoseconds: 0))]
  }

  // MARK: Apart

  /// Computes a batch whose items have to be decoded, or whose values have to be encoded.
  private func computeApart() -> [Unstored] {
    guard let chunk = nextBatch() else { return [] }
    let task = Task(chunk: chunk, of: blocks, input: input(chunk), output: .message, context: context)
    job.deputy.compute(at: task.arrival) { task.run(kernel, slot) }
    slot.empty()
    let report = task.report(includesTransit: false)
    size.record(nanoseconds: report.nanoseconds, items: report.completed)
    if store(task, chunk) { return [] }
    if report.completed == chunk.count || report.completed == 0 || context.stopsAtFailure {
      return [Unstored(report: report, task: task)]
    }
    // Items behind one that can't be decoded are not computed yet.
    unstarted.giveBack(chunk.dropFirst(report.completed))
    return [
      Unstored(
        report: ChunkReport(
          chunk: chunk.prefix(report.completed), completed: report.completed, failures: report.failures,
          nanoseconds: report.nanoseconds), task: task)
    ]
  }

  private func input(_ chunk: Range<Int>) -> TaskInput<Element> {
    if let progression = head.progression { return .progression(progression) }
    let range = blocks.items(of: chunk)
    if let items { return .memory(UnsafeBufferPointer(start: items + range.lowerBound, count: range.count)) }
    return .parts(area.encodedItems(blocks.items))
  }

  private func store(_ task: Task, _ chunk: Range<Int>) -> Bool {
    guard task.isWhole, let (bytes, owner) = task.payload else { return false }
    return withExtendedLifetime(owner) {
      if let stride {
        area.values(of: chunk, stride: stride).copyMemory(from: bytes)
        area.finish(chunk, by: job.rank, stride: stride, nanoseconds: task.nanoseconds)
        return true
      }
      return isReadable(bytes, chunk.count) && area.store(bytes, of: chunk, by: job.rank, nanoseconds: task.nanoseconds)
    }
  }

  /// Returns whether the values can be decoded. Otherwise rank 0 determines the error, for all ranks.
  private func isReadable(_ bytes: UnsafeRawBufferPointer, _ count: Int) -> Bool {
    if Items.haveOwnForm(Value.self) { return true }
    let values = UnsafeMutableBufferPointer<Value>.allocate(capacity: count)
    let (done, error) = Items.read(values, from: bytes)
    UnsafeMutableBufferPointer(rebasing: values[..<done]).deinitialize()
    values.deallocate()
    return error == nil
  }

  /// Returns the values of all blocks, when all are stored.
  func values() throws -> [Value] {
    try [Value](unsafeUninitializedCapacity: blocks.count) { values, initialized in
      if let stride {
        UnsafeMutableRawBufferPointer(values).copyMemory(
          from: UnsafeRawBufferPointer(area.values(of: 0..<blocks.count, stride: stride)))
        initialized = blocks.count
        return
      }
      try area.eachPart(blocks.count, stride: nil) { chunk, bytes in
        let (done, error) = Items.read(UnsafeMutableBufferPointer(rebasing: values[chunk]), from: bytes)
        initialized += done
        if let error { throw context.errors.uncodable(error, blocks.firstItem(of: chunk.lowerBound + done)) }
      }
      guard initialized == blocks.count else { throw ProtocolError("the results are incomplete") }
    }
  }
}

extension SharedComputation.Unstored {
  /// The encoded values, and what keeps them alive.
  var payload: (bytes: UnsafeRawBufferPointer, owner: AnyObject)? { task?.payload }

  /// Sends the part to rank 0.
  func send(_ job: Job) throws {
    if let task {
      try task.send(report, job)
    } else {
      let writer = Frame.writer(payload: 0)
      try ReportFrame.write(report, to: writer, LentMemory())
      try job.send(writer, to: 0, kind: .computed)
    }
  }
}
