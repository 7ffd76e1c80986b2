/// Where a rank dies, Open MPI 5 ends those that were connected to it over TCP, at once: some of them go before mpirun comes to
/// it, so that each seems to have died by itself; and if all do, mpirun goes too and takes no line any more.
///
/// Open MPI's own setting (`opal_abort_delay`, for debuggers) makes them wait, and mpirun ends them in order.
package enum LostPeers {
  /// How long a rank waits, which leaves mpirun time.
  private static let seconds: Int32 = 1

  package static func wait() {
    guard let delay, delay.pointee == 0 else { return }
    delay.pointee = seconds
  }

  /// Ends by our own decision don't wait.
  package static func dontWait() {
    guard let delay, delay.pointee == seconds else { return }
    delay.pointee = 0
  }

  /// A variable of its library's. Nil where there is none.
  private static var delay: UnsafeMutablePointer<Int32>? {
    #if os(Linux)
      dlsym(nil, "opal_abort_delay")?.assumingMemoryBound(to: Int32.self)
    #else
      nil
    #endif
  }
}
