import SeppoCompute

extension Parallel {
  /// Calls `f` for each element, on any rank. Returns nothing.
  ///
  /// ```swift
  /// try frames.parallel().forEach { frame in try render(frame, to: "frame-\(frame.number).png") }
  /// ```
  ///
  /// When it returns on a rank, `f` has been called for all elements. With `retries:`, `f` may be called more than once
  /// for the same element.
  ///
  /// - Parameter f: As for ``map(_:fileID:line:column:)``. It must write to a place that every rank can use, such as
  ///   one file per element on a shared file system.
  /// - Throws: As ``map(_:fileID:line:column:)``.
  @inlinable
  @inline(__always)
  public func forEach(
    _ f: @Sendable (Base.Element) throws -> Void, fileID: StaticString = #fileID, line: UInt = #line,
    column: UInt = #column
  ) throws {
    let place = Place(fileID: fileID, line: line, column: column)
    // Not by `visit`, for the reason given at `mapped`.
    _ = try runKernel(.forEach(options), place, UInt8.self) { input, output, first, limits in
      computeBlocks(NoStates(), input, output, first, limits) {
        (_, items: UnsafeBufferPointer<Base.Element>, _, done) in
        for item in items {
          try f(item)
          done += 1
        }
        return UInt8(1)
      }
    }
  }

  /// Calls `f` for each element, with a state of the thread.
  @inlinable
  @inline(__always)
  func visit<States: KernelStates>(
    _ verb: Verb, _ place: Place, _ states: States,
    _ f: @Sendable (inout States.State, Base.Element, Int) throws -> Void
  ) throws {
    // The result of a block is one byte, which says that it is done.
    _ = try runKernel(verb, place, UInt8.self) { input, output, first, limits in
      computeBlocks(states, input, output, first, limits) {
        (state, items: UnsafeBufferPointer<Base.Element>, index, done) in
        for item in items {
          try f(&state, item, index + done)
          done += 1
        }
        return UInt8(1)
      }
    }
  }
}

extension Verb {
  @usableFromInline
  static func forEach(_ options: ParallelOptions) -> Verb {
    Verb("forEach", to: .nowhere, mostBlocks: options.mostBlocks)
  }
}
