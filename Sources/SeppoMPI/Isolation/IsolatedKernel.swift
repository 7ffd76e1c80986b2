import SeppoCompute
import SeppoProcess
import SeppoWire

/// Computes chunks in child processes of the rank. It is a kernel as any other to the rest of the call: what a child
/// does to an item is that item's value or error.
struct IsolatedKernel<Element: Codable & Sendable, Value: Codable & Sendable>: Sendable {
  let processes: ChildProcesses
  let errors: ItemErrors
  /// The time that an item may take, in nanoseconds; nil for no limit.
  let timeout: Int?
  /// The number of items after which a child is replaced; nil for never.
  let recycle: Int?
  /// Whether an item that the call no longer needs may be killed.
  let killsUnneeded: Bool

  /// - Parameters: As for `ChunkKernel`.
  func compute(
    _ input: UnsafeRawBufferPointer, _ output: UnsafeMutableRawBufferPointer, _ first: Int, _ limits: ChunkLimits
  ) -> ChunkOutcome {
    let items = input.assumingMemoryBound(to: Element.self)
    let values = output.assumingMemoryBound(to: Value.self)
    return processes.withChild { child in
      var run = IsolatedRun(kernel: self, child: child, items: items, values: values, first: first, limits: limits)
      return run.compute()
    }
  }
}

/// The computation of one chunk in a child process.
private struct IsolatedRun<Element: Codable & Sendable, Value: Codable & Sendable> {
  /// The time after which a child that doesn't run yet is given up, in nanoseconds: it may wait for a lock that a thread of the
  /// rank held when it was forked.
  private static var longestStart: Int { 20_000_000_000 }

  /// The time beyond its limit after which a child that doesn't begin with an item is given up, in nanoseconds.
  private static var longestPause: Int { 2_000_000_000 }

  let kernel: IsolatedKernel<Element, Value>
  var child: ChildProcess
  let items: UnsafeBufferPointer<Element>
  let values: UnsafeMutableBufferPointer<Value>
  let first: Int
  let limits: ChunkLimits

  /// The number of blocks that are computed.
  private var completed = 0
  /// The index in `items` of the first item that isn't.
  private var place = 0
  /// The block for which the child was killed because it took too long.
  private var overdue: Int?
  /// When the request was sent, in nanoseconds.
  private var requestTime = 0
  /// Whether the child was killed, and when, in nanoseconds.
  private var isKilled = false
  private var killTime = 0
  /// How many children have died before they had received the request.
  private var earlyDeaths = 0
  private var isUnneeded = false

  init(
    kernel: IsolatedKernel<Element, Value>, child: ChildProcess, items: UnsafeBufferPointer<Element>,
    values: UnsafeMutableBufferPointer<Value>, first: Int, limits: ChunkLimits
  ) {
    self.kernel = kernel
    self.child = child
    self.items = items
    self.values = values
    self.first = first
    self.limits = limits
  }

  private var slot: ChildSlot { child.slot }
  private var errors: ItemErrors { kernel.errors }
  private var block: Int { first + completed }

  private enum Step {
    case value, decisive, unneeded
    case failure(SeppoError)
  }

  mutating func compute() -> ChunkOutcome {
    // One that is being killed must not get the next chunk.
    defer { if isKilled { child.remove() } }
    while place < items.count, !limits.isBeyond(block) {
      do {
        if let outcome = try computeRequest() { return outcome }
      } catch {
        if let outcome = afterDeath() { return outcome }
      }
    }
    return ChunkOutcome(completed: completed)
  }

  private func failed(_ error: SeppoError) -> ChunkOutcome {
    ChunkOutcome(completed: completed, thrown: ItemFailureError(error: error))
  }

  /// Sends blocks to the child and takes what it returns.
  ///
  /// - Returns: the outcome, if the chunk ends here; nil if there may be more to compute.
  private mutating func computeRequest() throws(ChildIsLost) -> ChunkOutcome? {
    if isKilled {
      // It was done just before it was killed.
      child.remove()
      (overdue, isKilled) = (nil, false)
    }
    if let recycle = kernel.recycle, slot.itemsComputed >= recycle { child.remove() }
    do throws(ForkError) { try child.start() } catch { return failed(errors.noProcess(error)) }
    let (blocks, unencodable) = encodeBlocks()
    if blocks.isEmpty, let unencodable { return failed(unencodable) }
    slot.bound = limits.lowest
    slot.hasBegun = false
    requestTime = monotonicNanoseconds()
    try slot.requests.send(
      ChildRequest(blocks: blocks.count, first: block, sizeCode: limits.sizeCode), none
    ) { () throws(ChildIsLost) in
      try checkLife()
    }
    for (header, bytes) in blocks {
      try slot.requests.send(header, UnsafeRawBufferPointer(bytes.bytes)) { () throws(ChildIsLost) in try checkLife() }
    }
    slot.requests.flush()
    for (header, _) in blocks {
      switch try receiveBlock() {
      case .value:
        completed += 1
        place += header.items
        slot.itemsComputed += header.items
      case .decisive: return ChunkOutcome(completed: completed + 1, isDecisive: true)
      case .unneeded: return ChunkOutcome(completed: completed)
      case .failure(let error): return failed(error)
      }
    }
    return unencodable.map { failed($0) }
  }

  private var none: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: nil, count: 0) }

  /// Encodes the next blocks, as many as one request has.
  ///
  /// - Returns: the blocks before the first item that can't be encoded, and that item's error.
  private func encodeBlocks() -> (blocks: [(BlockHeader, WireWriter)], error: SeppoError?) {
    var blocks: [(BlockHeader, WireWriter)] = []
    var next = place
    // A child that is to be replaced may compute the rest of a block. With a time limit, a child that is killed has begun with no
    // other block than the one that is late.
    var allowed = min(kernel.recycle.map { max(1, $0 - slot.itemsComputed) } ?? .max, kernel.timeout == nil ? .max : 1)
    while next < items.count, blocks.isEmpty || allowed > 0 {
      let number = block + blocks.count
      let count = min(limits.size(ofBlock: number), items.count - next)
      let writer = WireWriter()
      do throws(WireError) {
        try Items.write(UnsafeBufferPointer(rebasing: items[next..<(next + count)]), to: writer)
      } catch {
        return (blocks, errors.uncodable(error, limits.firstItem(ofBlock: number) + error.item))
      }
      let header = BlockHeader(
        items: count, firstItem: limits.firstItem(ofBlock: number), bytes: writer.bytes.count)
      blocks.append((header, writer))
      next += count
      allowed -= count
    }
    return (blocks, nil)
  }

  private mutating func receiveBlock() throws(ChildIsLost) -> Step {
    let header = try slot.responses.receive(ChildResponse.self) { () throws(ChildIsLost) in try awaitResponse() }
    let body = try slot.responses.receive(bytes: header.bytes) { () throws(ChildIsLost) in try awaitResponse() }
    let bytes = UnsafeRawBufferPointer(body.bytes)
    switch header.kind {
    case .value, .decisive:
      let (done, error) = Items.read(
        UnsafeMutableBufferPointer(rebasing: values[completed..<(completed + 1)]), from: bytes)
      if done == 1 { return header.kind == .decisive ? .decisive : .value }
      return .failure(error.map { errors.uncodable($0, limits.firstItem(ofBlock: block)) } ?? crash(nil))
    case .unneeded: return .unneeded
    case .failure: return .failure((try? SingleValue.decode(SeppoError.self, from: bytes)) ?? crash(nil))
    }
  }

  /// Waits a moment for what the child sends.
  private mutating func awaitResponse() throws(ChildIsLost) {
    if child.hasEnded {
      // What the child had written before it died counts.
      if slot.responses.available > 0 { return }
      throw ChildIsLost()
    }
    slot.responses.wait(nanoseconds: timeToNextLook())
  }

  /// Called while the child doesn't take the request.
  private mutating func checkLife() throws(ChildIsLost) {
    if child.hasEnded { throw ChildIsLost() }
    _ = timeToNextLook()
  }

  /// Kills the child if its item has taken too long or isn't needed.
  ///
  /// - Returns: the time until that may happen, in nanoseconds.
  private mutating func timeToNextLook() -> Int {
    slot.bound = limits.lowest
    let now = monotonicNanoseconds()
    if isKilled {
      if now - killTime > ChildProcess.longestKill { child.abandon() }
    } else if slot.readyTime == 0 {
      if now - max(requestTime, child.lastReadyTime) > IsolatedRun.longestStart { child.abandon() }
    } else if kernel.killsUnneeded, limits.isBeyond(block) {
      isUnneeded = true
      kill()
    } else if kernel.timeout != nil {
      let start = slot.itemStart
      // One that doesn't begin, such as one that is stopped, is replaced.
      let begin = start == 0 ? max(requestTime, slot.readyTime).plus(IsolatedRun.longestPause) : start
      let left = begin.plus(limit) - now
      if left > 0 { return min(left, SharedPipe.longestWait) }
      if start != 0 { overdue = block }
      kill()
    }
    return SharedPipe.longestWait
  }

  private mutating func kill() {
    isKilled = true
    killTime = monotonicNanoseconds()
    child.kill()
  }

  /// The number of items of the block.
  private var size: Int { min(limits.size(ofBlock: block), items.count - place) }

  /// The time that the block may take, in nanoseconds.
  private var limit: Int { (kernel.timeout ?? .max).times(size) }

  /// Decides what the child's death means.
  ///
  /// - Returns: the outcome; nil if the child had not begun with an item, so that another one can compute it.
  private mutating func afterDeath() -> ChunkOutcome? {
    let hadBegun = slot.hasBegun
    defer { (overdue, isKilled) = (nil, false) }
    let end: ChildProcess.End
    do throws(ForkError) { end = try child.takeEnd() } catch { return failed(errors.noProcess(error)) }
    if isUnneeded { return ChunkOutcome(completed: completed) }
    if overdue == block { return failed(errors.timedOut(limits.firstItem(ofBlock: block), after: limit)) }
    // It was done just before it was killed.
    if overdue != nil || child.isAbandoned { return nil }
    if hadBegun, !isKilled { return failed(crash(end)) }
    earlyDeaths += 1
    return earlyDeaths < 3 ? nil : failed(crash(end))
  }

  private func crash(_ end: ChildProcess.End?) -> SeppoError {
    errors.crashed(limits.firstItem(ofBlock: block), others: size - 1, end)
  }
}
