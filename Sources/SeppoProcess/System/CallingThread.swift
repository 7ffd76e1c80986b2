/// A number that identifies the calling thread. Async-signal-safe.
package var callingThread: Int {
  #if canImport(Darwin)
    Int(bitPattern: pthread_self())
  #else
    Int(bitPattern: UInt(pthread_self()))
  #endif
}
