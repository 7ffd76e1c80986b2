import SeppoCompute
import SeppoProcess

extension Parallel {
  /// Returns the index and the result of each element as an asynchronous sequence, on rank 0, as they come. All ranks compute.
  ///
  /// ```swift
  /// for try await (index, image) in scenes.parallel().results(render) { try save(image, index) }   // on rank 0
  /// ```
  ///
  /// The call begins with the loop, which every rank must execute: on ranks other than 0, it has no elements and ends with the
  /// call. Leaving the loop ends the call; items that are being computed are waited for. Otherwise as
  /// ``forEachResult(_:order:_:fileID:line:column:)``: the number of results that wait is bounded, and a slow loop slows the
  /// ranks down. Verbs inside the loop run on rank 0 alone; other calls of all ranks can't be made there.
  ///
  /// - Parameters:
  ///   - f: As for ``map(_:fileID:line:column:)``.
  ///   - order: `.index` for the order of the elements, `.completion` for the order in which results are computed.
  @inlinable
  public func results<Result: Codable & Sendable>(
    _ f: @escaping @Sendable (Base.Element) throws -> Result, order: ResultOrder = .index,
    fileID: StaticString = #fileID, line: UInt = #line, column: UInt = #column
  ) -> ParallelResults<Result> {
    streamResults(self, order, Place(fileID: fileID, line: line, column: column)) { input, output, first, limits in
      computeChunk(NoStates(), input, output, first, limits) { _, item, _ in try f(item) }
    }
  }
}

/// The results of a call as they come, on rank 0; see ``Parallel/results(_:order:fileID:line:column:)``.
public struct ParallelResults<Result: Codable & Sendable>: AsyncSequence {
  /// An index and the result of the element there.
  public typealias Element = (index: Int, result: Result)

  private let makeCall: (ResultQueue<Result>) throws -> Void
  /// Whether the items may come from code of the main actor. The loop begins on any thread.
  private let isOnMainActor = MainActorStandIn.isOnMainActor

  init(_ makeCall: @escaping (ResultQueue<Result>) throws -> Void) { self.makeCall = makeCall }

  /// Returns the iterator whose first `next()` makes the call.
  public func makeAsyncIterator() -> AsyncIterator {
    AsyncIterator(stream: ResultStream(isOnMainActor: isOnMainActor, makeCall))
  }

  /// Makes the call while it is used.
  public struct AsyncIterator: AsyncIteratorProtocol {
    let stream: ResultStream<Result>

    /// Returns the next result, on rank 0; nil at the end of the call.
    ///
    /// - Throws: The error of the call, on every rank.
    public mutating func next(isolation actor: isolated (any Actor)?) async throws -> Element? {
      try await stream.next()
    }

    /// Returns the next result, on rank 0; nil at the end of the call.
    ///
    /// - Throws: The error of the call, on every rank.
    public mutating func next() async throws -> Element? { try await stream.next() }
  }
}

@usableFromInline
func streamResults<Base: Sequence, Value: Codable & Sendable>(
  _ parallel: Parallel<Base>, _ order: ResultOrder, _ place: Place, _ kernel: @escaping ChunkKernel
) -> ParallelResults<Value> {
  ParallelResults { queue in
    try parallel.withWork(place) { work in
      try makeCall(work, Verb("results", to: .nowhere, consumesResults: true), order, kernel, queue)
    }
  }
}
