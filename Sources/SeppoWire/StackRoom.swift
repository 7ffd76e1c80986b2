internal import CStack

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#else
  internal import Darwin
#endif

/// The stack that a thread has left for values inside values.
///
/// Each level takes some hundred bytes of stack, or some thousand in a build for debugging, and what a program's own
/// `encode(to:)` takes is not known. So the stack is looked at wherever a value begins, and where it is nearly used up, the
/// value goes on on another one (`MoreStack`).
struct StackRoom {
  /// Where the stack ends that may be used: it grows downwards.
  private let end: UInt
  private let size: UInt

  /// What remains for all that isn't a value: the program's own code between two values, Foundation's, the runtime's.
  private static let reserve: UInt = 256 << 10
  /// Of that, what remains where a value can't go on elsewhere, and is refused.
  private static let last: UInt = 64 << 10

  /// That of the calling thread.
  init() {
    let here = StackRoom.here
    let known = StackRoom.ofThisThread
    if here &- known.end < known.size {
      self = known
    } else {
      // Somebody has given the thread another stack. This much of it is taken to be there.
      let assumed: UInt = 4 << 20
      end = here &- min(here, assumed)
      size = 2 * assumed
    }
  }

  private init(end: UInt, size: UInt) { (self.end, self.size) = (end, size) }

  private init(lowest: UInt, highest: UInt) {
    end = min(lowest + StackRoom.reserve, highest)
    size = highest - end
  }

  /// Nobody's: there is none.
  static let none = StackRoom(end: 0, size: 0)

  /// Whether no value should begin here. True, too, on another thread than the one whose stack it is.
  @inline(__always)
  var isScarce: Bool { StackRoom.here &- end >= size }

  /// Whether none may, also where it can't go on elsewhere.
  @inline(__always)
  var isUsedUp: Bool {
    let most = StackRoom.reserve - StackRoom.last
    return StackRoom.here &- (end &- min(end, most)) >= size + most
  }

  private static var here: UInt {
    @inline(__always) get { seppo_stack_here() }
  }

  private static func makeKey() -> pthread_key_t {
    var key = pthread_key_t()
    precondition(pthread_key_create(&key, nil) == 0, "no thread-local storage left")
    return key
  }

  /// Each thread's `end` and `size`, as if they were addresses: these need no destructor.
  private static let keys = (end: makeKey(), size: makeKey())

  /// Looked up once a thread: on the main thread that reads a file.
  private static var ofThisThread: StackRoom {
    if let end = pthread_getspecific(keys.end) {
      return StackRoom(end: UInt(bitPattern: end), size: UInt(bitPattern: pthread_getspecific(keys.size)))
    }
    let room = lookUp()
    pthread_setspecific(keys.end, UnsafeRawPointer(bitPattern: room.end))
    pthread_setspecific(keys.size, UnsafeRawPointer(bitPattern: room.size))
    return room
  }

  private static func lookUp() -> StackRoom {
    #if canImport(Darwin)
      let thread = pthread_self()
      let highest = UInt(bitPattern: pthread_get_stackaddr_np(thread))
      return StackRoom(lowest: highest - UInt(pthread_get_stacksize_np(thread)), highest: highest)
    #else
      var attributes = pthread_attr_t()
      guard pthread_getattr_np(pthread_self(), &attributes) == 0 else { return StackRoom(lowest: 0, highest: 0) }
      defer { pthread_attr_destroy(&attributes) }
      var start: UnsafeMutableRawPointer?
      var size = 0
      guard pthread_attr_getstack(&attributes, &start, &size) == 0 else { return StackRoom(lowest: 0, highest: 0) }
      let highest = UInt(bitPattern: start) + UInt(size)
      // The main thread's may have no limit, and then other things are put where it would grow.
      return StackRoom(lowest: highest - UInt(min(size, most)), highest: highest)
    #endif
  }

  /// More of a stack is not believed.
  private static let most = 1 << 30
}

/// A further stack, for values that nest deeper than the calling thread's one goes.
enum MoreStack {
  /// Only what is used takes memory.
  private static let size = 256 << 20
  private static let least = 4 << 20

  struct None: Error, CustomStringConvertible {
    let reason: String

    var description: String { "no stack was left for so deep a value, and the system gives no other one: \(reason)" }
  }

  /// Runs the body on a thread with a stack of its own, while the calling one waits.
  ///
  /// - Throws: what the body throws; `None` where there is no such thread.
  static func run<Value>(_ body: () throws -> Value) throws -> Value {
    try withoutActuallyEscaping(body) { body in
      let work = WorkOf(body)
      try start(work)
      guard let result = work.result else { preconditionFailure("a thread ended without its work") }
      return try result.get()
    }
  }

  private static func start(_ work: Work) throws {
    var status: Int32 = 0
    var size = size
    while size >= least {
      status = run(work, stack: size)
      if status == 0 { return }
      // A machine that refuses so much address space may grant less.
      size /= 2
    }
    throw None(reason: String(cString: strerror(status)))
  }

  private static func run(_ work: Work, stack: Int) -> Int32 {
    var attributes = pthread_attr_t()
    pthread_attr_init(&attributes)
    defer { pthread_attr_destroy(&attributes) }
    let status = pthread_attr_setstacksize(&attributes, stack)
    if status != 0 { return status }
    let argument = Unmanaged.passUnretained(work).toOpaque()
    #if canImport(Darwin)
      var thread: pthread_t?
      let started = pthread_create(
        &thread, &attributes,
        { argument in
          Unmanaged<Work>.fromOpaque(argument).takeUnretainedValue().run()
          return nil
        }, argument)
      if started == 0, let thread { pthread_join(thread, nil) }
    #else
      var thread = pthread_t()
      let started = pthread_create(
        &thread, &attributes,
        { argument in
          Unmanaged<Work>.fromOpaque(argument!).takeUnretainedValue().run()
          return nil
        }, argument)
      if started == 0 { pthread_join(thread, nil) }
    #endif
    return started
  }

  private class Work {
    func run() {}
  }

  private final class WorkOf<Value>: Work {
    private let body: () throws -> Value
    private(set) var result: Result<Value, any Error>?

    init(_ body: @escaping () throws -> Value) { self.body = body }

    override func run() { result = Result(catching: body) }
  }
}
