import SeppoCompute
import SeppoProcess

/// A map where a rank is alone: items one after the other, on the calling thread.
struct SerialMap<Element: Codable & Sendable, Result: Codable & Sendable> {
  private let call: MapCall<Element, Result>
  private let context: MapTask<Element, Result>.Context
  /// Where it shows what it computes; nil inside an item, whose thread has one.
  private let hand: Hand?
  /// The next item.
  private(set) var index = 0
  /// The items that failed, where they are kept.
  private(set) var failures: [FailedItem] = []
  private let items: Int
  /// What isn't plain memory is computed a stretch at a time, and may turn out too large between two.
  private var growth: ResidentGrowth?
  private var memory: ResultMemory?
  private var stretch = StretchSize(unit: 1)

  init(_ call: MapCall<Element, Result>, count: Int, _ hand: Hand?) {
    self.call = call
    self.hand = hand
    context = call.context
    items = count
    // Inside an item others grow too.
    growth = call.resultsAreMemory || hand == nil ? nil : ResidentGrowth()
  }

  /// - Throws: where there is no room for the results.
  func checkRoom() throws {
    guard items.times(call.bytesEach) >= MemoryRoom.worthALook else { return }
    if let shortage = call.memory(items).shortageAtStart() { throw call.error(shortage, items) }
  }

  /// Computes items, and puts the results behind the first `count` ones, which grows.
  ///
  /// - Throws: the error of an item that has failed for good, unless they are kept.
  mutating func compute(
    _ items: UnsafeBufferPointer<Element>, _ kernel: ChunkKernel, into results: UnsafeMutableBufferPointer<Result>,
    _ count: inout Int
  ) throws {
    var done = 0
    var tries = 0
    var began = monotonicNanoseconds()
    while done < items.count {
      // Nobody watches this thread: an item that takes too long is found out when it is back.
      let longest =
        context.timeout != nil ? 1 : growth == nil && hand == nil ? items.count : stretch.items
      let next = items[done..<min(items.count, done + longest)]
      let room = UnsafeMutableBufferPointer(rebasing: results[count...])
      hand?.take(index..<(index + next.count), at: began)
      let outcome = kernel(
        UnsafeRawBufferPointer(UnsafeBufferPointer(rebasing: next)), UnsafeMutableRawBufferPointer(room), index,
        context.bound)
      let took = monotonicNanoseconds() - began
      began += took
      stretch.took(took, for: outcome.completed)
      let error: SeppoError
      if let timeout = context.timeout, took > timeout {
        UnsafeMutableBufferPointer(rebasing: room[..<outcome.completed]).deinitialize()
        error = context.timedOut(index)
      } else {
        count += outcome.completed
        done += outcome.completed
        index += outcome.completed
        if outcome.completed > 0 { tries = 0 }
        if growth != nil, index < self.items { try watch(outcome.completed, at: began) }
        guard let thrown = outcome.thrown else { continue }
        // Inside another map's item that one sees to it.
        if hand != nil || CallContext.current == .atRoot, StopSignal.mayHaveMadeItemThrow() {
          call.job.endRequest.endNow()
        }
        error = .itemThrew(
          ItemError(thrown, index: index, rank: context.rank, host: context.host, place: context.place.text))
      }
      tries += 1
      if tries <= call.options.retries { continue }
      let last = error.after(tries: tries)
      guard call.keepsFailures else { throw last }
      failures.append(FailedItem(index: index, error: last))
      tries = 0
      done += 1
      index += 1
    }
  }

  /// - Throws: where the results that are still to come can't be held.
  private mutating func watch(_ results: Int, at now: Int) throws {
    let limits = call.job.limits
    guard let (items, bytes) = growth?.came(results, at: now, limits) else { return }
    var memory = memory ?? call.memory(self.items)
    defer { self.memory = memory }
    if let shortage = memory.came(items, bytes: bytes, isMessage: false) {
      throw call.error(shortage, self.items, here: memory.here)
    }
  }
}
