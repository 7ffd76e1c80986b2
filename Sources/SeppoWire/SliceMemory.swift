#if canImport(FoundationEssentials)
  internal import FoundationEssentials
#else
  internal import Foundation
#endif
#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#else
  internal import Darwin
#endif

/// Memory in which decoded slices of `Data` have the same indices as the original slices.
///
/// A slice of `Data` keeps the indices of its base, and programs use these. Adjacent and overlapping slices share one
/// memory. A large memory is mapped, so that untouched pages before and between the slices cost only address space. A
/// small one is allocated, because many slices may each have a different base.
struct SliceMemory {
  private let start: UnsafeMutableRawPointer
  private let whole: Data
  /// The range from the first to the last byte that was stored.
  private var filled: Range<Int>

  /// Maximum end index of a slice: 1 TiB.
  private static let maxEnd = 1 << 40
  /// Maximum size of allocated memory, in bytes.
  private static let maxAllocation = 4096
  /// Minimum size of mapped memory, in bytes.
  private static let minMapping = 1 << 20

  /// Creates memory for `count` bytes from `index` on. Returns nil if the system provides none.
  init?(for count: Int, at index: Int) {
    let (end, overflow) = index.addingReportingOverflow(count)
    guard index >= 0, !overflow, end <= SliceMemory.maxEnd else { return nil }
    // Up to twice the required size, because the next slice usually follows this one.
    var size = 64
    while size < end { size *= 2 }
    if size <= SliceMemory.maxAllocation {
      guard let memory = calloc(1, size) else { return nil }
      start = memory
      whole = Data(bytesNoCopy: memory, count: size, deallocator: .free)
    } else {
      guard let (memory, size) = SliceMemory.map(max(size, SliceMemory.minMapping)) ?? SliceMemory.map(end) else {
        return nil
      }
      start = memory
      whole = Data(bytesNoCopy: memory, count: size, deallocator: .custom { munmap($0, $1) })
    }
    filled = index..<index
  }

  /// Maps pages. Returns nil if a limit prevents it.
  private static func map(_ size: Int) -> (UnsafeMutableRawPointer, Int)? {
    #if os(Linux)
      let flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE
    #else
      let flags = MAP_PRIVATE | MAP_ANON
    #endif
    guard let memory = mmap(nil, size, PROT_READ | PROT_WRITE, flags, -1, 0), memory != MAP_FAILED else { return nil }
    return (memory, size)
  }

  /// Stores bytes at an index, and returns the slice. Returns nil if there is no space, or if other bytes are stored
  /// there.
  mutating func store(_ bytes: UnsafeRawBufferPointer, at index: Int) -> Data? {
    guard index >= 0, index <= whole.count, bytes.count <= whole.count - index else { return nil }
    let place = index..<(index + bytes.count)
    let known = place.clamped(to: filled)
    if !known.isEmpty {
      let others = UnsafeRawBufferPointer(start: start + known.lowerBound, count: known.count)
      guard others.elementsEqual(bytes[(known.lowerBound - index)..<(known.upperBound - index)]) else { return nil }
    }
    if let source = bytes.baseAddress { (start + index).copyMemory(from: source, byteCount: bytes.count) }
    filled =
      filled.isEmpty
      ? place : min(filled.lowerBound, place.lowerBound)..<max(filled.upperBound, place.upperBound)
    return whole[place]
  }
}
