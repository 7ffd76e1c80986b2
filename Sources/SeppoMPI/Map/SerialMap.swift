/// A map where a rank is alone: items one after the other, on the calling thread.
struct SerialMap<Element: Codable & Sendable, Result: Codable & Sendable> {
  private let call: MapCall<Element, Result>
  private let context: MapTask<Element, Result>.Context
  /// The next item.
  private(set) var index = 0
  /// The items that failed, where they are kept.
  private(set) var failures: [FailedItem] = []

  init(_ call: MapCall<Element, Result>) {
    self.call = call
    context = call.context
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
    while done < items.count {
      // Nobody watches this thread: an item that takes too long is found out when it is back.
      let next = items[done..<(context.timeout == nil ? items.count : done + 1)]
      let room = UnsafeMutableBufferPointer(rebasing: results[count...])
      let began = context.timeout == nil ? 0 : monotonicNanoseconds()
      let outcome = kernel(
        UnsafeRawBufferPointer(UnsafeBufferPointer(rebasing: next)), UnsafeMutableRawBufferPointer(room), index,
        context.bound)
      let error: SeppoError
      if let timeout = context.timeout, monotonicNanoseconds() - began > timeout {
        UnsafeMutableBufferPointer(rebasing: room[..<outcome.completed]).deinitialize()
        error = context.timedOut(index)
      } else {
        count += outcome.completed
        done += outcome.completed
        index += outcome.completed
        if outcome.completed > 0 { tries = 0 }
        guard let thrown = outcome.thrown else { continue }
        error = .itemThrew(
          ItemError(thrown, index: index, rank: context.rank, host: context.host, place: context.place))
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
}
