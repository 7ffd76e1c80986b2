import SeppoCompute
import SeppoEngine
import SeppoProcess
import SeppoWire

/// Calls that are so short that messages would take much of their time. They are made in memory that all ranks share.
extension MapCall {
  /// The maximum expected time of a call, in nanoseconds.
  private static var longest: Double { 1e9 }
  /// The intended minimum time of a rank's share, in nanoseconds: several times the cost of taking it.
  private static var shortestShare: Double { 5_000 }

  /// Returns whether a call at this site may be made in shared memory, on rank 0.
  private func mayShare(_ elements: Elements<Element>, _ source: ItemSource<Element>, _ site: CallSite) -> Bool {
    guard job.sharedCalls.use != .never, job.size > 1, job.members.here == job.size, job.process.allowsAnyThread,
      options.isPlain, !verb.mayEndEarly, !job.checksWire, !site.isUnsuited,
      (1...SharedArea.maximumCount).contains(source.blocks.count)
    else { return false }
    if valuesAreMemory, source.blocks.count * MemoryLayout<Value>.stride > SharedArea.valueCapacity { return false }
    if itemsAreMemory, case .memory(let items) = elements,
      items.count * MemoryLayout<Element>.stride > SharedArea.itemCapacity
    {
      return false
    }
    if job.sharedCalls.use == .always { return true }
    guard let item = site.calibration?.times.mean else { return false }
    return item * Double(source.blocks.count) / Double(job.size) <= MapCall.longest
  }

  /// Prepares shared memory if the next call at this site may use it, on rank 0.
  func offerSharedMemory(for source: ItemSource<Element>, _ site: CallSite) throws {
    guard let elements = source.items.all else { return }
    site.mayBeShared = mayShare(elements, source, site)
    guard site.mayBeShared, let address = job.sharedCalls.create() else { return }
    let writer = WireWriter()
    withUnsafeBytes(of: address) { writer.append($0) }
    for rank in 1..<job.size { try job.send(writer, to: rank, kind: .sharedMemory) }
  }

  /// Publishes the call in shared memory, on rank 0; nil if it has to be made by messages.
  func sharedLoop(
    _ signature: CallSignature, _ elements: Elements<Element>, _ source: ItemSource<Element>,
    _ kernel: @escaping ChunkKernel, endsInMemory: Bool, _ observer: CallObserver?
  ) -> SharedRootLoop<Element, Value>? {
    let site = signature.site
    guard site.mayBeShared || job.sharedCalls.use == .always, job.sharedCalls.isReady, mayShare(elements, source, site),
      job.sharedCalls.hasStack(job.pool),
      let area = job.sharedCalls.area(of: signature.number), area.isFree(ranks: job.size)
    else { return nil }
    var sample: ItemSample?
    var head = SharedArea.Head(
      form: .memory, blocks: source.blocks, share: (source.blocks.count + job.size - 1) / job.size)
    if let item = site.calibration?.times.mean {
      head.expectedTime = Int(min(item, MapCall.longest))
      head.share = max(head.share, Int(min(MapCall.shortestShare / max(item, 1), Double(SharedArea.maximumCount))))
    }
    switch elements {
    case .progression(let progression): (head.form, head.progression) = (.progression, progression)
    case .memory(let items) where itemsAreMemory:
      area.items.copyMemory(from: UnsafeRawBufferPointer(items))
    case .memory(let items):
      head.form = .parts
      if options.isCompared { sample = ItemSample(elements) }
      guard EncodedItems.write(items, to: area.items) else {
        site.isUnsuited = true
        return nil
      }
    }
    // No item is computed if the ranks' items differ; see `StartBarrier`.
    let isOpen = !options.isCompared || site.calibration != nil
    guard area.publish(head, signature, sample, isOpen: isOpen) else { return nil }
    job.log.debug("makes the call in shared memory")
    return SharedRootLoop(
      self, signature, SharedComputation(self, area, head, kernel, own: elements),
      options.isCompared ? { sample ?? ItemSample(elements) } : nil, isOpen: isOpen,
      endsInMemory: endsInMemory, observer)
  }
}
