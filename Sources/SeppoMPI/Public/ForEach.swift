import SeppoCompute

extension Parallel {
  /// Calls `f` for each element, on whichever rank; nothing comes back.
  ///
  /// ```swift
  /// try frames.parallel().forEach { frame in try render(frame, to: "frame-\(frame.number).png") }
  /// ```
  ///
  /// When it returns, on any rank, `f` has been called for all elements. With `retries:` it may have been called more than
  /// once for one.
  ///
  /// - Parameter f: as that of ``map(_:fileID:line:column:)``. What it writes to must be somewhere that all ranks can use, as
  ///   a file of the item's own.
  /// - Throws: as ``map(_:fileID:line:column:)``.
  @inlinable
  public func forEach(
    _ f: @Sendable (Base.Element) throws -> Void, fileID: StaticString = #fileID, line: UInt = #line,
    column: UInt = #column
  ) throws {
    try withWork(Place(fileID: fileID, line: line, column: column)) { work in
      // A byte says that a block of elements is done.
      _ = try runMap(work, UInt8.self, Verb("forEach", to: .nowhere, mostBlocks: options.mostBlocks)) {
        input, output, first, limits in
        computeBlocks(input, output, first, limits) { (items: UnsafeBufferPointer<Base.Element>, done) in
          for item in items {
            try f(item)
            done += 1
          }
          return UInt8(1)
        }
      }
    }
  }
}
