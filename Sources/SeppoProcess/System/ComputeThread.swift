/// The system gives no further thread.
package struct NoThread: Error {
  package let reason: String
}

/// A thread with a stack that recursive science fits into.
package enum ComputeThread {
  /// 256 MiB or the soft limit, whichever is larger. (Under `ulimit -s unlimited`, common on clusters, a thread gets 2 MiB
  /// where nothing is asked for.) Only what is used takes memory.
  private static var wantedStack: Int {
    let least = 256 << 20
    var limit = rlimit()
    #if canImport(Glibc)
      let resource = __rlimit_resource_t(RLIMIT_STACK.rawValue)
    #else
      let resource = RLIMIT_STACK
    #endif
    guard getrlimit(resource, &limit) == 0, limit.rlim_cur < rlim_t(1) << 40 else { return least }
    return max(least, Int(limit.rlim_cur))
  }

  /// Starts a thread, which ends with the body.
  package static func start(_ body: @escaping @Sendable () -> Void) throws(NoThread) {
    var status: Int32 = 0
    var stack = wantedStack
    // A machine that refuses so much address space may grant less.
    while stack >= 1 << 20 {
      status = hasRoom(for: stack) ? start(body, stack: stack) : ENOMEM
      if status == 0 { return }
      stack /= 2
    }
    throw NoThread(reason: String(cString: strerror(status)))
  }

  /// What a thread leaves of the address space. Where it takes the last of it, the next allocation of any thread fails, and
  /// Swift has no error for that.
  private static let reserve = 16 << 20

  private static func hasRoom(for stack: Int) -> Bool {
    let size = stack + reserve
    guard let room = mmap(nil, size, PROT_NONE, MAP_PRIVATE | MAP_ANON, -1, 0), room != MAP_FAILED else { return false }
    munmap(room, size)
    return true
  }

  /// The same for a thread that does little; false where the system gives none.
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
