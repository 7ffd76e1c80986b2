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

/// Whether the calling thread runs the main queue, and so the main actor's code. Once an asynchronous main program has suspended,
/// that is another thread than the main one on Linux.
var isOnMainQueue: Bool {
  isMainThread || currentQueueLabel.map { strcmp($0(nil), "com.apple.main-thread") == 0 } ?? false
}

/// libdispatch's `dispatch_queue_get_label`, which takes nil for the current queue; nil in a program without libdispatch.
private let currentQueueLabel: (@convention(c) (UnsafeRawPointer?) -> UnsafePointer<CChar>)? = dlsym(
  dlopen(nil, RTLD_NOW), "dispatch_queue_get_label"
).map { unsafeBitCast($0, to: (@convention(c) (UnsafeRawPointer?) -> UnsafePointer<CChar>).self) }
