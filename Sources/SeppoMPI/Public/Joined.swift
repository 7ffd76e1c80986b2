import SeppoCompute

// `compactMap` and `flatMap`: each block of elements has a part of the results.
extension Parallel {
  /// Returns the results of all blocks, in order; nil on ranks that don't get them.
  ///
  /// - Parameter add: adds the results of an element to those of its block.
  @inlinable
  @inline(__always)
  func joinedParts<Result: Codable & Sendable>(
    _ name: String, to destination: Verb.Destination, _ place: Place,
    _ add: @Sendable (inout [Result], Base.Element) throws -> Void
  ) throws -> [Result]? {
    let verb = Verb(name, to: destination, mostBlocks: options.mostBlocks)
    let parts = try runKernel(verb, place, [Result].self) { input, output, first, limits in
      computeBlocks(input, output, first, limits) { (items: UnsafeBufferPointer<Base.Element>, _, done) in
        var part: [Result] = []
        for item in items {
          try add(&part, item)
          done += 1
        }
        return part
      }
    }?.values
    guard let parts else { return nil }
    var results: [Result] = []
    results.reserveCapacity(parts.reduce(0) { $0 + $1.count })
    for part in parts { results += part }
    return results
  }
}
