/// State that several threads change, and whose changes they wait for.
///
/// `Sendable` because the mutex guards the state.
package final class Monitor<State>: @unchecked Sendable {
  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let changed = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
  private var state: State
  /// The number of threads that wait.
  private var waiting = 0

  package init(_ state: State) {
    self.state = state
    pthread_mutex_init(mutex, nil)
    MonotonicCondition.initialize(changed)
  }

  deinit {
    pthread_cond_destroy(changed)
    pthread_mutex_destroy(mutex)
    changed.deallocate()
    mutex.deallocate()
  }

  /// Reads or changes the state, and wakes the threads that wait for a change.
  package func change<Value>(_ body: (inout State) throws -> Value) rethrows -> Value {
    pthread_mutex_lock(mutex)
    defer {
      if waiting > 0 { pthread_cond_broadcast(changed) }
      pthread_mutex_unlock(mutex)
    }
    return try body(&state)
  }

  /// Sleeps for this long, or until the condition holds, which is checked after each change.
  package func pause(nanoseconds: Int, until condition: (State) -> Bool) {
    let end = monotonicNanoseconds() + nanoseconds
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    while !condition(state), monotonicNanoseconds() < end {
      waiting += 1
      MonotonicCondition.wait(for: changed, mutex, until: end)
      waiting -= 1
    }
  }

  /// How often a thread that waits yields before it sleeps: waking it takes several microseconds.
  private static var maximumYields: Int { 100 }

  /// Waits until the body returns a value.
  package func wait<Value>(until body: (inout State) -> Value?) -> Value {
    for _ in 0..<Monitor.maximumYields {
      pthread_mutex_lock(mutex)
      let value = body(&state)
      pthread_mutex_unlock(mutex)
      if let value { return value }
      sched_yield()
    }
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    while true {
      if let value = body(&state) { return value }
      waiting += 1
      pthread_cond_wait(changed, mutex)
      waiting -= 1
    }
  }
}
