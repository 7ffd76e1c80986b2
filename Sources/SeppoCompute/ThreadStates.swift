import SeppoProcess
import Synchronization

/// The source of the state that `f` gets.
public protocol KernelStates<State>: Sendable {
  associatedtype State

  /// Calls the body with the state of the calling thread.
  func withState<Value>(_ body: (inout State) throws -> Value) throws -> Value
}

/// No state. The compiler removes it from the loop.
public struct NoStates: KernelStates {
  @inlinable
  public init() {}

  @inlinable
  public func withState<Value>(_ body: (inout Void) throws -> Value) throws -> Value {
    var none: Void = ()
    return try body(&none)
  }
}

/// A state for each thread of this rank that computes items of one call. A thread makes its state when it first needs
/// it.
public final class ThreadStates<State>: KernelStates {
  /// Holds the state of one thread.
  ///
  /// `@unchecked Sendable` because only that thread uses it, until all are released at the end of the call, on the
  /// calling thread.
  @usableFromInline
  final class Holder: @unchecked Sendable {
    @usableFromInline var state: State

    init(_ state: State) { self.state = state }
  }

  private let make: @Sendable () throws -> State
  private let holders = Mutex<[Int: Holder]>([:])

  fileprivate init(_ make: @escaping @Sendable () throws -> State) { self.make = make }

  /// - Throws: the error of `make`, or of the body. After an error of `make`, the next call tries it again.
  @inlinable
  public func withState<Value>(_ body: (inout State) throws -> Value) throws -> Value {
    try body(&holder().state)
  }

  @usableFromInline
  func holder() throws -> Holder {
    let thread = callingThread
    if let holder = holders.withLock({ $0[thread] }) { return holder }
    // Without the lock: threads make their states at the same time.
    let holder = Holder(try make())
    holders.withLock { $0[thread] = holder }
    return holder
  }
}

/// Calls the body with states that are made by `make`, and releases them when it ends.
public func withThreadStates<State, Value>(
  _ make: @Sendable () throws -> State, _ body: (ThreadStates<State>) throws -> Value
) throws -> Value {
  try withoutActuallyEscaping(make) { make in
    // This is the only reference to the states, so they are released here. Another one would trap.
    try body(ThreadStates(make))
  }
}
