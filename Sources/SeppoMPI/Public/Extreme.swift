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
    if Work.isDrawn(Base.self) { return try extremeDrawn(name, to: destination, place, isPreferred) }
    // Positions, because elements may be large. Rank 0, which compares those of the blocks, has the elements.
    return try pickOne(name, to: destination, place, mostBlocks: 1 << 10) { work, best, next in
      guard let base, best >= 0 else { return best = next }
      if try isPreferred(work.pick(at: next, of: base), work.pick(at: best, of: base)) { best = next }
    } kernel: { input, output, first, limits in
      computeBlocks(NoStates(), input, output, first, limits) {
        (_, items: UnsafeBufferPointer<Base.Element>, start, done) in
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

  /// As `extreme`, for elements that no rank keeps: the best of each block is sent back.
  @inlinable
  @inline(__always)
  func extremeDrawn(
    _ name: String, to destination: Verb.Destination, _ place: Place,
    _ isPreferred: @Sendable (Base.Element, Base.Element) throws -> Bool
  ) throws -> Base.Element?? {
    let verb = Verb(name, to: destination, mostBlocks: 1 << 10)
    return try foldKernel(verb, place, from: Base.Element?.none) { best, next in
      guard let next else { return }
      if try best.map({ try isPreferred(next, $0) }) ?? true { best = next }
    } kernel: { input, output, first, limits in
      computeBlocks(NoStates(), input, output, first, limits) {
        (_, items: UnsafeBufferPointer<Base.Element>, _, done) in
        var best = items.first
        done = 1
        while done < items.count {
          if let current = best, try isPreferred(items[done], current) { best = items[done] }
          done += 1
        }
        return best
      }
    }
  }
}
