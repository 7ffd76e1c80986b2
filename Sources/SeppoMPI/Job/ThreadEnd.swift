import SeppoProcess

/// `Seppo.exit` was called on a rank that is a thread.
package struct ThreadExit: Error {
  package let status: Int32
}

/// How a rank that is a thread among others ends its job: it can't end the process.
package struct ThreadEnd: Sendable {
  private let tell: @Sendable (any Error, Bool) -> Void

  /// - Parameter tell: tells the other ranks, and the thread that has started them, of the error; true where the rank makes
  ///   no further step.
  package init(_ tell: @escaping @Sendable (_ error: any Error, _ isLast: Bool) -> Void) { self.tell = tell }

  func report(_ error: any Error) { tell(error, false) }

  /// For code that can't be left by an error: the calling thread stays, with all that it uses.
  func stay(_ error: any Error) -> Never {
    tell(error, true)
    while true { sleep(nanoseconds: 1_000_000_000_000) }
  }
}
