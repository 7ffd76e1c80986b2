internal import CStack

/// Whether this is the process's main thread, on which the main actor runs.
var isMainThread: Bool { seppo_is_main_thread() != 0 }

/// A number that identifies the calling thread. Async-signal-safe.
package var callingThread: Int {
  #if canImport(Darwin)
    Int(bitPattern: pthread_self())
  #else
    Int(bitPattern: UInt(pthread_self()))
  #endif
}
