import SeppoProcess
import Synchronization

/// Does a rank's duties while its calling thread itself computes an item that takes long: messages are answered, and a rank
/// that is lost is noticed.
///
/// Where a call is expected to be short, the calling thread computes. No other thread is then involved, unless an item turns
/// out to be long: the deputy's thread looks for that from time to time.
///
/// `Sendable` because `duty` guards the duties, `parking` the thread's sleep, and all else is atomic.
package final class Deputy: @unchecked Sendable {
  private let duty = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let parking = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let changed = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
  /// The duties in the current call.
  private var perform: (() -> Void)?
  /// Since when the calling thread computes a chunk, in nanoseconds; 0 if it doesn't.
  private let busySince = Atomic<Int>(0)
  /// When the last call began.
  private let lastCall = Atomic<Int>(0)
  private let isInCall = Atomic<Bool>(false)
  private let isParked = Atomic<Bool>(false)
  private var hasThread = false
  private var isClosed = false

  /// How long a chunk may take before the deputy does the duties, in nanoseconds. It looks that often.
  private static let patience = 10_000_000
  /// The pause between two rounds of duties.
  private static let interval = 2_000_000
  /// How long after the last call its thread is parked.
  private static let idleTime = 1_000_000_000

  package init() {
    pthread_mutex_init(duty, nil)
    pthread_mutex_init(parking, nil)
    pthread_cond_init(changed, nil)
  }

  deinit {
    pthread_mutex_destroy(duty)
    pthread_mutex_destroy(parking)
    pthread_cond_destroy(changed)
    duty.deallocate()
    parking.deallocate()
    changed.deallocate()
  }

  /// Begins a call. If the deputy's thread can't be created, nobody does the duties during a long item.
  ///
  /// - Parameter perform: does the duties once. The deputy calls it only during `compute`.
  package func begin(_ perform: @escaping () -> Void) {
    if !hasThread { hasThread = ComputeThread.startSmall { [unowned self] in self.run() } }
    isInCall.store(true, ordering: .sequentiallyConsistent)
    lastCall.store(monotonicNanoseconds(), ordering: .sequentiallyConsistent)
    if isParked.load(ordering: .sequentiallyConsistent) {
      pthread_mutex_lock(parking)
      isParked.store(false, ordering: .sequentiallyConsistent)
      pthread_cond_broadcast(changed)
      pthread_mutex_unlock(parking)
    }
    pthread_mutex_lock(duty)
    self.perform = perform
  }

  /// Ends the call. The deputy keeps no reference to its duties.
  package func end() {
    perform = nil
    pthread_mutex_unlock(duty)
    isInCall.store(false, ordering: .sequentiallyConsistent)
  }

  /// Whether the calling thread computes.
  package var isComputing: Bool { busySince.load(ordering: .relaxed) != 0 }

  /// Computes on the calling thread. If it takes long, the deputy does the duties meanwhile.
  ///
  /// - Parameter now: the time, in nanoseconds.
  package func compute(at now: Int, _ body: () -> Void) {
    busySince.store(now, ordering: .relaxed)
    pthread_mutex_unlock(duty)
    body()
    pthread_mutex_lock(duty)
    busySince.store(0, ordering: .relaxed)
  }

  /// Ends the thread, and waits until it no longer uses anything.
  package func close() {
    pthread_mutex_lock(parking)
    defer { pthread_mutex_unlock(parking) }
    isClosed = true
    isParked.store(false, ordering: .sequentiallyConsistent)
    pthread_cond_broadcast(changed)
    while hasThread { pthread_cond_wait(changed, parking) }
  }

  private func run() {
    var pause = Deputy.patience
    while waitsOn(for: pause) {
      let since = busySince.load(ordering: .relaxed)
      guard since != 0, monotonicNanoseconds() - since >= Deputy.patience else {
        pause = Deputy.patience
        continue
      }
      pthread_mutex_lock(duty)
      // Otherwise the calling thread does them.
      if busySince.load(ordering: .relaxed) == since { perform?() }
      pthread_mutex_unlock(duty)
      pause = Deputy.interval
    }
  }

  /// Sleeps, for longer if there are no calls.
  ///
  /// - Returns: false if the thread is to end.
  private func waitsOn(for nanoseconds: Int) -> Bool {
    pthread_mutex_lock(parking)
    defer { pthread_mutex_unlock(parking) }
    if !isClosed, isIdle {
      isParked.store(true, ordering: .sequentiallyConsistent)
      // A call may have begun before it could see that the thread is parked.
      if !isIdle { isParked.store(false, ordering: .sequentiallyConsistent) }
      while isParked.load(ordering: .sequentiallyConsistent) { pthread_cond_wait(changed, parking) }
    }
    if isClosed {
      hasThread = false
      pthread_cond_broadcast(changed)
      return false
    }
    pthread_mutex_unlock(parking)
    sleep(nanoseconds: nanoseconds)
    pthread_mutex_lock(parking)
    return true
  }

  /// Whether there is no call, and none has begun for some time.
  private var isIdle: Bool {
    !isInCall.load(ordering: .sequentiallyConsistent)
      && monotonicNanoseconds() - lastCall.load(ordering: .sequentiallyConsistent) > Deputy.idleTime
  }
}
