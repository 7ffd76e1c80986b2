/// The system can't create another thread.
package struct ThreadCreationError: Error {
  package let reason: String
}

/// Creates threads with a stack that is large enough for deep recursion.
package enum ComputeThread {
  /// The stack size in bytes: 256 MiB or the soft limit, whichever is larger. Unused pages take no memory.
  ///
  /// Under `ulimit -s unlimited`, which is common on clusters, the default would be 2 MiB.
  private static var wantedStack: Int {
    let least = 256 << 20
    guard let limit = ResourceLimit.stack.value, limit.rlim_cur < rlim_t(1) << 40 else { return least }
    return max(least, Int(limit.rlim_cur))
  }

  /// Starts a thread that ends when the body returns.
  package static func start(_ body: @escaping @Sendable () -> Void) throws(ThreadCreationError) {
    var status: Int32 = 0
    var stack = wantedStack
    // A machine that refuses this much address space may grant less.
    while stack >= 1 << 20 {
      status = hasAddressSpace(for: stack) ? start(body, stack: stack) : ENOMEM
      if status == 0 { return }
      stack /= 2
    }
    throw ThreadCreationError(reason: refusalText(status))
  }

  /// Starts a thread that runs the body inside a Swift task of the caller, with the caller's task-local values.
  ///
  /// - Parameter isOnMainActor: whether the body counts as code of the main actor.
  package static func startInContext(
    isOnMainActor: Bool = MainActorStandIn.isOnMainActor, _ body: @escaping @Sendable () -> Void
  ) throws(ThreadCreationError) {
    let executor = CallerTaskExecutor(isOnMainActor: isOnMainActor, body)
    do throws(ThreadCreationError) { try start { executor.run() } } catch {
      executor.drop()
      throw error
    }
  }

  /// The address space that must remain after a thread's creation, in bytes. Without it the next allocation on any thread
  /// would fail, and Swift can't throw an error for that.
  private static let reserve = 16 << 20

  private static func hasAddressSpace(for stack: Int) -> Bool {
    let size = stack + reserve
    guard let space = mmap(nil, size, PROT_NONE, MAP_PRIVATE | MAP_ANON, -1, 0), space != MAP_FAILED else {
      return false
    }
    munmap(space, size)
    return true
  }

  /// Starts a thread with a small stack.
  ///
  /// - Returns: false if the system can't create it.
  package static func startSmall(_ body: @escaping @Sendable () -> Void) -> Bool { start(body, stack: 512 << 10) == 0 }

  private final class Body: Sendable {
    let run: @Sendable () -> Void

    init(_ run: @escaping @Sendable () -> Void) { self.run = run }
  }

  private static func start(_ body: @escaping @Sendable () -> Void, stack: Int) -> Int32 {
    var attributes = pthread_attr_t()
    pthread_attr_init(&attributes)
    defer { pthread_attr_destroy(&attributes) }
    pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
    let refusal = pthread_attr_setstacksize(&attributes, stack)
    if refusal != 0 { return refusal }
    let box = Unmanaged.passRetained(Body(body))
    #if canImport(Darwin)
      var thread: pthread_t?
    #else
      var thread = pthread_t()
    #endif
    let status = pthread_create(
      &thread, &attributes,
      { argument in
        #if canImport(Darwin)
          let body = Unmanaged<Body>.fromOpaque(argument).takeRetainedValue()
        #else
          let body = Unmanaged<Body>.fromOpaque(argument!).takeRetainedValue()
        #endif
        body.run()
        return nil
      }, box.toOpaque())
    if status != 0 { box.release() }
    return status
  }
}
