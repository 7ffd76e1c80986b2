import SeppoCompute
import SeppoProcess
import SeppoWire

/// The work of a child process: it computes the blocks that its rank sends.
struct ItemServer<Element: Codable & Sendable, Value: Codable & Sendable>: Sendable {
  let kernel: ChunkKernel
  let errors: ItemErrors
  /// The memory that an item may use, in bytes.
  let memoryPerItem: Int?

  /// Computes until the process is killed.
  func run(_ slot: ChildSlot) -> Never {
    slot.readyTime = monotonicNanoseconds()
    if let memoryPerItem { DataLimit.allow(more: memoryPerItem) }
    CallContext.enter(.item) { () -> Never in while true { serve(slot) } }
  }

  private func serve(_ slot: ChildSlot) {
    let wait = { slot.requests.wait(nanoseconds: 1_000_000_000) }
    let request = slot.requests.receive(ChildRequest.self, wait)
    let blocks = (0..<request.blocks).map { _ in
      let header = slot.requests.receive(BlockHeader.self, wait)
      return (header, slot.requests.receive(bytes: header.bytes, wait))
    }
    slot.hasBegun = true
    let limits = ChunkLimits()
    limits.sizeCode = request.sizeCode
    for (number, (header, bytes)) in blocks.enumerated() {
      if request.first + number >= slot.bound {
        respond(.unneeded, UnsafeRawBufferPointer(start: nil, count: 0), slot)
        break
      }
      slot.itemStart = monotonicNanoseconds()
      let isLast = compute(header, bytes.bytes, request.first + number, limits, slot)
      if isLast { break }
    }
    slot.itemStart = 0
    slot.responses.flush()
  }

  /// - Returns: whether no block after it is computed.
  private func compute(
    _ header: BlockHeader, _ bytes: UnsafeMutableRawBufferPointer, _ block: Int, _ limits: ChunkLimits,
    _ slot: ChildSlot
  ) -> Bool {
    let items = UnsafeMutableBufferPointer<Element>.allocate(capacity: header.items)
    let value = UnsafeMutableBufferPointer<Value>.allocate(capacity: 1)
    let (readable, unreadable) = Items.read(items, from: UnsafeRawBufferPointer(bytes))
    defer {
      UnsafeMutableBufferPointer(rebasing: items[..<readable]).deinitialize()
      items.deallocate()
      value.deallocate()
    }
    if let unreadable { return fail(errors.uncodable(unreadable, header.firstItem + readable), slot) }
    let outcome = kernel(
      UnsafeRawBufferPointer(UnsafeBufferPointer(items)), UnsafeMutableRawBufferPointer(value), block, limits)
    RankProcess.endIfFork(mappedAt: errors.place.fileID, line: errors.place.line)
    Console.flushOutput()
    if let thrown = outcome.thrown { return fail(errors.threw(thrown, header.firstItem + outcome.offset), slot) }
    guard outcome.completed == 1 else {
      respond(.unneeded, UnsafeRawBufferPointer(start: nil, count: 0), slot)
      return true
    }
    defer { value.deinitialize() }
    let writer = WireWriter()
    do { try Items.write(UnsafeBufferPointer(value), to: writer) } catch {
      return fail(errors.uncodable(error, header.firstItem), slot)
    }
    respond(outcome.isDecisive ? .decisive : .value, UnsafeRawBufferPointer(writer.bytes), slot)
    return outcome.isDecisive
  }

  private func fail(_ error: SeppoError, _ slot: ChildSlot) -> Bool {
    do throws(WireError) {
      let writer = try SingleValue.encode(error)
      withExtendedLifetime(writer) { respond(.failure, UnsafeRawBufferPointer(writer.bytes), slot) }
    } catch {
      // The rank waits for a response.
      fatalError("the error of an item can't be encoded: \(error)")
    }
    return true
  }

  private func respond(_ kind: ChildResponse.Kind, _ bytes: UnsafeRawBufferPointer, _ slot: ChildSlot) {
    slot.responses.send(ChildResponse(kind: kind, bytes: bytes.count), bytes) {}
  }
}
