#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#endif

/// Requests huge pages for large arrays before they are written. Fresh memory costs a fault per page, which with pages
/// of 4 KiB takes longer than writing them. (NumPy does the same for arrays of 4 MiB or more.)
package enum HugePages {
  /// Minimum size of an array, in bytes.
  static let shortest = 1 << 22

  /// Only a hint: the system may ignore it.
  package static func advise(_ memory: UnsafeMutableRawBufferPointer) {
    #if os(Linux)
      guard memory.count >= shortest, let start = memory.baseAddress else { return }
      let page = Int(sysconf(Int32(_SC_PAGESIZE)))
      let offset = (page - Int(bitPattern: start) % page) % page
      _ = madvise(start + offset, (memory.count - offset) / page * page, MADV_HUGEPAGE)
    #endif
  }
}
