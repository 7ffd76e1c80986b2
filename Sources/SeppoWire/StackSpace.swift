internal import CStack

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#else
  internal import Darwin
#endif

/// The stack space of a thread, for nested values.
///
/// Each level takes some hundred bytes of stack, or some thousand in a debug build, and the needs of a program's own
/// `encode(to:)` are unknown. So the stack is checked at the start of each value; if it is nearly used up, the value
/// continues on another stack (`ExtraStack`).
struct StackSpace {
  /// The lowest usable address. The stack grows downwards.
  private let end: UInt
  private let size: UInt

  /// The reserve for other code between two values: the program's, Foundation's, the runtime's. In bytes.
  private static let reserve: UInt = 256 << 10
  /// The part of the reserve that must remain where a value can't move to another stack, and is rejected. In bytes.
  private static let finalReserve: UInt = 64 << 10

  /// The stack of the calling thread.
  init() {
    let here = StackSpace.here
    let known = StackSpace.ofThisThread
    if here &- known.end < known.size {
      self = known
    } else {
      // The thread runs on a stack that is not its own. Assume that this much of it is left.
      let assumed: UInt = 4 << 20
      end = here &- min(here, assumed)
      size = 2 * assumed
    }
  }

  private init(end: UInt, size: UInt) { (self.end, self.size) = (end, size) }

  private init(lowest: UInt, highest: UInt) {
    end = min(lowest + StackSpace.reserve, highest)
    size = highest - end
  }

  /// No stack: always scarce.
  static let none = StackSpace(end: 0, size: 0)

  /// Whether no value should start here. Also true on other threads.
  @inline(__always)
  var isScarce: Bool { StackSpace.here &- end >= size }

  /// Whether no value may start here, even if it can't move to another stack.
  @inline(__always)
  var isExhausted: Bool {
    let usable = StackSpace.reserve - StackSpace.finalReserve
    return StackSpace.here &- (end &- min(end, usable)) >= size + usable
  }

  private static var here: UInt {
    @inline(__always) get { seppo_stack_here() }
  }

  private static func makeKey() -> pthread_key_t {
    var key = pthread_key_t()
    precondition(pthread_key_create(&key, nil) == 0, "no thread-local storage left")
    return key
  }

  /// Thread-local `end` and `size`, stored as pointers. They need no destructor.
  private static let keys = (end: makeKey(), size: makeKey())

  /// Cached per thread, because the lookup on the main thread reads a file.
  private static var ofThisThread: StackSpace {
    if let end = pthread_getspecific(keys.end) {
      return StackSpace(end: UInt(bitPattern: end), size: UInt(bitPattern: pthread_getspecific(keys.size)))
    }
    let space = lookUp()
    pthread_setspecific(keys.end, UnsafeRawPointer(bitPattern: space.end))
    pthread_setspecific(keys.size, UnsafeRawPointer(bitPattern: space.size))
    return space
  }

  private static func lookUp() -> StackSpace {
    #if canImport(Darwin)
      let thread = pthread_self()
      let highest = UInt(bitPattern: pthread_get_stackaddr_np(thread))
      return StackSpace(lowest: highest - UInt(pthread_get_stacksize_np(thread)), highest: highest)
    #else
      var attributes = pthread_attr_t()
      guard pthread_getattr_np(pthread_self(), &attributes) == 0 else { return StackSpace(lowest: 0, highest: 0) }
      defer { pthread_attr_destroy(&attributes) }
      var start: UnsafeMutableRawPointer?
      var size = 0
      guard pthread_attr_getstack(&attributes, &start, &size) == 0 else { return StackSpace(lowest: 0, highest: 0) }
      let highest = UInt(bitPattern: start) + UInt(size)
      // The main thread's stack may be unlimited, but other mappings may be in its way.
      return StackSpace(lowest: highest - UInt(min(size, maxSize)), highest: highest)
    #endif
  }

  /// Maximum stack size to rely on, in bytes.
  private static let maxSize = 1 << 30
}

/// Runs code on another stack, for values that nest too deep for the calling thread's stack.
enum ExtraStack {
  /// The size of the stack in bytes. Untouched pages take no memory.
  private static let size = 256 << 20
  private static let minSize = 4 << 20

  struct Unavailable: Error, CustomStringConvertible {
    let reason: String

    var description: String {
      "the value nests too deep for this thread's stack, and the system provided no other stack: \(reason)"
    }
  }

  /// Runs the body on a new thread with a large stack, while the calling thread waits.
  ///
  /// - Throws: the body's errors; `Unavailable` if the thread can't be created.
  static func run<Value>(_ body: () throws -> Value) throws -> Value {
    try withoutActuallyEscaping(body) { body in
      let work = WorkOf(body)
      try start(work)
      guard let result = work.result else { preconditionFailure("the thread ended without a result") }
      return try result.get()
    }
  }

  private static func start(_ work: Work) throws {
    var status: Int32 = 0
    var size = size
    while size >= minSize {
      status = run(work, stack: size)
      if status == 0 { return }
      // The system may limit address space.
      size /= 2
    }
    throw Unavailable(reason: String(cString: strerror(status)))
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
