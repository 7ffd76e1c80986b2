import SeppoProcess

/// Thrown where `Seppo.exit` was called on a rank that is a thread.
package struct ThreadExit: Error {
  package let status: Int32
}

/// How a rank that is a thread ends its job: it can't end the process.
package struct ThreadEnd: Sendable {
  private let notify: @Sendable (any Error, Bool) -> Void

  /// - Parameter notify: Reports the error to the other ranks and to the thread that started them. `isLast` says
  ///   whether the rank's thread never returns.
  package init(_ notify: @escaping @Sendable (_ error: any Error, _ isLast: Bool) -> Void) { self.notify = notify }

  func report(_ error: any Error) { notify(error, false) }

  /// Reports the error and blocks the calling thread for ever. For code that can't throw: the thread keeps all its
  /// memory.
  func park(_ error: any Error) -> Never {
    notify(error, true)
    while true { sleep(nanoseconds: 1_000_000_000_000) }
  }
}
