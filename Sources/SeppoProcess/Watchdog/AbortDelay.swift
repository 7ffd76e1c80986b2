/// The delay before Open MPI aborts a rank that has lost its connection to another rank.
///
/// When a rank dies, Open MPI 5 at once ends the ranks that were connected to it over TCP. Some of them end before mpirun
/// does it, so that each seems to have died by itself. If all do, mpirun ends too and forwards no further output. Open MPI's
/// own setting for debuggers (`opal_abort_delay`) makes them wait, so that mpirun ends them in order.
package enum AbortDelay {
  /// Long enough for mpirun to end the rank.
  private static let seconds: Int32 = 1

  package static func set() {
    guard let delay, delay.pointee == 0 else { return }
    delay.pointee = seconds
  }

  /// Removes the delay, for an end that this rank itself decides on.
  package static func clear() {
    guard let delay, delay.pointee == seconds else { return }
    delay.pointee = 0
  }

  /// Open MPI's variable; nil if there is none.
  private static var delay: UnsafeMutablePointer<Int32>? {
    #if os(Linux)
      dlsym(nil, "opal_abort_delay")?.assumingMemoryBound(to: Int32.self)
    #else
      nil
    #endif
  }
}
