/// Recognizes an error that leaves `main`, or the top level of `main.swift`. Swift prints it and ends the process by a trap,
/// as for a crash. But it is an error of the program, which would occur again.
enum UncaughtError {
  /// The addresses of the runtime's function that ends the process.
  ///
  /// `nonisolated(unsafe)` because it is written once, before the signal handler is installed.
  nonisolated(unsafe) private static var function: Range<UInt> = 0..<0
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
      function = addresses(of: "swift_errorInMain")
      backtrace = dlsym(nil, "backtrace").map { unsafeBitCast($0, to: Backtrace.self) }
      _ = isCause
    #endif
  }

  #if os(Linux)
    /// Returns the addresses of a function; empty if they aren't known. The functions after it are the standard library's, and
    /// may be part of any crash.
    private static func addresses(of name: String) -> Range<UInt> {
      typealias Describe =
        @convention(c) (
          UnsafeRawPointer?, UnsafeMutableRawPointer?, UnsafeMutablePointer<UnsafeRawPointer?>?, Int32
        ) -> Int32
      let wantsSymbol: Int32 = 1
      // A Dl_info has four pointers.
      var info: (Int, Int, Int, Int) = (0, 0, 0, 0)
      var symbol: UnsafeRawPointer?
      guard let start = dlsym(nil, name), let describe = dlsym(nil, "dladdr1"),
        unsafeBitCast(describe, to: Describe.self)(start, &info, &symbol, wantsSymbol) != 0, let symbol
      else { return 0..<0 }
      return UInt(bitPattern: start)..<(UInt(bitPattern: start) + symbol.load(as: Elf64_Sym.self).size)
    }

    /// The entry of a symbol table, as the ELF-64 specification has it.
    private struct Elf64_Sym: BitwiseCopyable {
      let name: UInt32
      let info: UInt8
      let other: UInt8
      let section: UInt16
      let value: UInt
      let size: UInt
    }
  #endif

  /// Whether the calling thread is in that function. May be read by a signal handler.
  static var isCause: Bool {
    #if os(Linux)
      guard !function.isEmpty, let backtrace else { return false }
      return withUnsafeTemporaryAllocation(of: UnsafeMutableRawPointer?.self, capacity: depth) { frames in
        frames.initialize(repeating: nil)
        let count = backtrace(frames.baseAddress, Int32(depth))
        return frames[..<Int(count)].contains { frame in
          // The address after the call is the end of the function if the call is its last instruction.
          let address = UInt(bitPattern: frame)
          return address > function.lowerBound && address <= function.upperBound
        }
      }
    #else
      return false
    #endif
  }
}
