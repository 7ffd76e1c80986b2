internal import CStack

/// How much stack threads have and use. Compute threads have more of it than the threads that call Seppo.
package enum ThreadStack {
  /// A calling thread with less, in bytes, computes no items itself. Main threads usually have 8 MiB.
  private static let least = 6 << 20
  /// An item that uses more than this, in bytes, is computed by a compute thread. A huge page of 2 MiB may be in use as a
  /// whole.
  private static let most = 3 << 20
  /// A frame may skip some pages.
  private static let windowSize = 64 << 10

  /// The part of a thread's stack that is in use only if an item has needed a deep stack.
  package struct Window: Sendable {
    private let start: UInt

    /// For the calling thread, which has just started.
    package init() {
      let page = UInt(sysconf(Int32(_SC_PAGESIZE)))
      start = (UInt(seppo_stack_here()) - UInt(ThreadStack.most + ThreadStack.windowSize)) / page * page
    }

    /// Whether the stack has been as deep as that.
    package var isInUse: Bool {
      let page = Int(sysconf(Int32(_SC_PAGESIZE)))
      return withUnsafeTemporaryAllocation(of: UInt8.self, capacity: ThreadStack.windowSize / page) { pages in
        #if os(Linux)
          let status = mincore(UnsafeMutableRawPointer(bitPattern: start), ThreadStack.windowSize, pages.baseAddress)
        #else
          let status: Int32 = -1
        #endif
        // A stack that the system has made smaller has no such part.
        return status == 0 && pages.contains { $0 & 1 != 0 }
      }
    }
  }

  /// Tells whether the calling thread has enough stack for items. Keeps what it has found out about the last thread.
  package struct Check {
    private var thread: Int?
    private var lowest: UInt = 0

    package init() {}

    package mutating func isEnough() -> Bool {
      let current = callingThread
      if thread != current {
        thread = current
        lowest = ThreadStack.lowest()
      }
      let here = UInt(seppo_stack_here())
      return here > lowest && here - lowest >= UInt(ThreadStack.least)
    }
  }

  /// The lowest address of the calling thread's stack; the highest one if it is unknown.
  private static func lowest() -> UInt {
    #if canImport(Glibc) || canImport(Musl)
      var attributes = pthread_attr_t()
      guard pthread_getattr_np(pthread_self(), &attributes) == 0 else { return .max }
      defer { pthread_attr_destroy(&attributes) }
      var start: UnsafeMutableRawPointer?
      var size = 0
      guard pthread_attr_getstack(&attributes, &start, &size) == 0 else { return .max }
      return UInt(bitPattern: start)
    #else
      return .max
    #endif
  }
}
