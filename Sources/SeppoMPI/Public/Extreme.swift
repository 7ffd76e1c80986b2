import SeppoCompute

// `min` and `max`.
extension Parallel {
  /// Returns the element to which no other is preferred, the first of several; the inner optional is nil if there are
  /// no elements, the outer one on ranks that don't get the result.
  ///
  /// - Parameter isPreferred: returns whether its first argument replaces its second one, an earlier element.
  @inlinable
  @inline(__always)
  func extreme(
    _ name: String, to destination: Verb.Destination, _ place: Place,
    _ isPreferred: @Sendable (Base.Element, Base.Element) throws -> Bool
  ) throws -> Base.Element?? {
    // Positions, because elements may be large. Rank 0, which compares those of the blocks, has the elements.
    try pickOne(name, to: destination, place, mostBlocks: 1 << 10) { work, best, next in
      guard let base, best >= 0 else { return best = next }
      if try isPreferred(work.pick(at: next, of: base), work.pick(at: best, of: base)) { best = next }
    } kernel: { input, output, first, limits in
      computeBlocks(input, output, first, limits) { (items: UnsafeBufferPointer<Base.Element>, start, done) in
        var best = 0
        done = 1
        while done < items.count {
          if try isPreferred(items[done], items[best]) { best = done }
          done += 1
        }
        return start + best
      }
    }
  }
}
