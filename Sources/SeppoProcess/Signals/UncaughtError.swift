/// Recognizes an error that leaves `main`, or the top level of `main.swift`. Swift prints it and ends the process by a trap,
/// as for a crash. But it is an error of the program, which would occur again.
enum UncaughtError {
  /// The runtime's function that ends the process, and a bound for its length in bytes.
  ///
  /// `nonisolated(unsafe)` because it is written once, before the signal handler is installed.
  nonisolated(unsafe) private static var function: UInt = 0
  private static let maximumLength: UInt = 4096
  /// glibc's `backtrace`, which Swift's module doesn't have.
  ///
  /// `nonisolated(unsafe)` for the same reason.
  nonisolated(unsafe) private static var backtrace: Backtrace?
  private typealias Backtrace = @convention(c) (UnsafeMutablePointer<UnsafeMutableRawPointer?>?, Int32) -> Int32
  /// Frames between the handler and that function.
  private static let depth = 24

  /// Must be called before `isCause`. The first backtrace loads a library, which a signal handler may not do.
  static func prepare() {
    #if os(Linux)
      function = UInt(bitPattern: dlsym(nil, "swift_errorInMain"))
      backtrace = dlsym(nil, "backtrace").map { unsafeBitCast($0, to: Backtrace.self) }
      _ = isCause
    #endif
  }

  /// Whether the calling thread is in that function. May be read by a signal handler.
  static var isCause: Bool {
    #if os(Linux)
      guard function != 0, let backtrace else { return false }
      return withUnsafeTemporaryAllocation(of: UnsafeMutableRawPointer?.self, capacity: depth) { frames in
        frames.initialize(repeating: nil)
        let count = backtrace(frames.baseAddress, Int32(depth))
        return frames[..<Int(count)].contains { frame in
          let address = UInt(bitPattern: frame)
          return address > function && address - function < maximumLength
        }
      }
    #else
      return false
    #endif
  }
}
