import SeppoCompute

// `compactMap` and `flatMap`: each block of elements has a part of the results.
extension Parallel {
  /// Returns the results of all blocks, in order; nil on ranks that don't get them.
  ///
  /// - Parameter add: adds the results of an element to those of its block. It gets these, the thread's state, the element,
  ///   and its index.
  @inlinable
  @inline(__always)
  func joinedParts<States: KernelStates, Result: Codable & Sendable>(
    _ verb: Verb, _ place: Place, _ states: States,
    _ add: @Sendable (inout [Result], inout States.State, Base.Element, Int) throws -> Void
  ) throws -> [Result]? {
    let parts = try runKernel(verb, place, [Result].self) { input, output, first, limits in
      computeBlocks(states, input, output, first, limits) {
        (state, items: UnsafeBufferPointer<Base.Element>, index, done) in
        var part: [Result] = []
        for item in items {
          try add(&part, &state, item, index + done)
          done += 1
        }
        return part
      }
    }
    return parts.map { joined($0.values) }
  }

  @inlinable
  func joined<Result>(_ parts: [[Result]]) -> [Result] {
    var results: [Result] = []
    results.reserveCapacity(parts.reduce(0) { $0 + $1.count })
    for part in parts { results += part }
    return results
  }
}
