import SeppoCompute
import SeppoWire

/// A sequence of tuples with options for how all ranks compute it. Each part of a tuple must be `Codable & Sendable`.
///
/// ```swift
/// let distances = try zip(stars, planets).parallel(chunk: .items(1)).map { star, planet in distance(star, planet) }
/// ```
///
/// A type of its own, so that `f` gets the tuple.
public struct ParallelTuples<Base: Sequence> where Base.Element: _TupleItem {
  /// What `f` gets: a tuple of the parts of an element.
  public typealias Tuple = Base.Element.Tuple

  @usableFromInline let parallel: Parallel<Base>

  @inlinable
  init(_ base: Base, _ options: ParallelOptions) { parallel = base.parallel(options) }

  /// The same functions, with results on rank 0 only; see ``Parallel/atRoot``.
  public var atRoot: ParallelTuplesAtRoot<Base> {
    @inlinable get { ParallelTuplesAtRoot(parallel) }
  }

  /// Returns an array with the results of mapping `f` over the tuples; see ``Parallel/map(_:fileID:line:column:)``.
  @inlinable
  public func map<Result: Codable & Sendable>(
    _ f: @Sendable (Tuple) throws -> Result, fileID: StaticString = #fileID, line: UInt = #line, column: UInt = #column
  ) throws -> [Result] {
    try parallel.map({ try f($0.tuple) }, fileID: fileID, line: line, column: column)
  }

  /// Returns an array with the `Result` of each tuple; see ``Parallel/mapResults(_:fileID:line:column:)``.
  @inlinable
  public func mapResults<Value: Codable & Sendable>(
    _ f: @Sendable (Tuple) throws -> Value, fileID: StaticString = #fileID, line: UInt = #line, column: UInt = #column
  ) throws -> [Result<Value, SeppoError>] {
    try parallel.mapResults({ try f($0.tuple) }, fileID: fileID, line: line, column: column)
  }

  /// Returns an array with the non-`nil` results of `f`; see ``Parallel/compactMap(_:fileID:line:column:)``.
  @inlinable
  public func compactMap<Result: Codable & Sendable>(
    _ f: @Sendable (Tuple) throws -> Result?, fileID: StaticString = #fileID, line: UInt = #line,
    column: UInt = #column
  ) throws -> [Result] {
    try parallel.compactMap({ try f($0.tuple) }, fileID: fileID, line: line, column: column)
  }

  /// Calls `f` for each tuple, on any rank; see ``Parallel/forEach(_:fileID:line:column:)``.
  @inlinable
  public func forEach(
    _ f: @Sendable (Tuple) throws -> Void, fileID: StaticString = #fileID, line: UInt = #line, column: UInt = #column
  ) throws {
    try parallel.forEach({ try f($0.tuple) }, fileID: fileID, line: line, column: column)
  }
}

/// A sequence of tuples that all ranks compute, with results on rank 0 only; see ``ParallelTuples/atRoot``.
public struct ParallelTuplesAtRoot<Base: Sequence> where Base.Element: _TupleItem {
  /// What `f` gets: a tuple of the parts of an element.
  public typealias Tuple = Base.Element.Tuple

  @usableFromInline let parallel: Parallel<Base>

  @inlinable
  init(_ parallel: Parallel<Base>) { self.parallel = parallel }

  /// Returns an array with the results of mapping `f` over the tuples, on rank 0 only.
  @inlinable
  @discardableResult
  public func map<Result: Codable & Sendable>(
    _ f: @Sendable (Tuple) throws -> Result, fileID: StaticString = #fileID, line: UInt = #line, column: UInt = #column
  ) throws -> AtRoot<[Result]> {
    try parallel.atRoot.map({ try f($0.tuple) }, fileID: fileID, line: line, column: column)
  }

  /// Returns an array with the `Result` of each tuple, on rank 0 only.
  @inlinable
  @discardableResult
  public func mapResults<Value: Codable & Sendable>(
    _ f: @Sendable (Tuple) throws -> Value, fileID: StaticString = #fileID, line: UInt = #line, column: UInt = #column
  ) throws -> AtRoot<[Result<Value, SeppoError>]> {
    try parallel.atRoot.mapResults({ try f($0.tuple) }, fileID: fileID, line: line, column: column)
  }

  /// Returns an array with the non-`nil` results of `f`, on rank 0 only.
  @inlinable
  @discardableResult
  public func compactMap<Result: Codable & Sendable>(
    _ f: @Sendable (Tuple) throws -> Result?, fileID: StaticString = #fileID, line: UInt = #line,
    column: UInt = #column
  ) throws -> AtRoot<[Result]> {
    try parallel.atRoot.compactMap({ try f($0.tuple) }, fileID: fileID, line: line, column: column)
  }
}
