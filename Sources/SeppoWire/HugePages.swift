#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#endif

/// Asks for large pages under long arrays that are about to be written: fresh memory costs a fault for each page, which
/// with pages of 4 KiB takes longer than what is done with them. (As numpy does, for arrays from 4 MiB on.)
package enum HugePages {
  static let shortest = 1 << 22

  /// A wish that the system may refuse.
  package static func advise(_ memory: UnsafeMutableRawBufferPointer) {
    #if os(Linux)
      guard memory.count >= shortest, let start = memory.baseAddress else { return }
      let page = Int(sysconf(Int32(_SC_PAGESIZE)))
      let offset = (page - Int(bitPattern: start) % page) % page
      _ = madvise(start + offset, (memory.count - offset) / page * page, MADV_HUGEPAGE)
    #endif
  }
}
