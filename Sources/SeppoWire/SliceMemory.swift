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

/// Memory in which slices of `Data` have the indices that they had where they came from.
///
/// A slice keeps its place in what it is a slice of, and programs index it by that. Slices that follow each other, or overlap,
/// share one such memory. Where it is large, the pages before and between them are never touched, so that they cost addresses
/// only; where it is small, it is no page of its own, as many slices may each be of another whole.
struct SliceMemory {
  private let start: UnsafeMutableRawPointer
  private let whole: Data
  /// From the first byte that was put here to the last.
  private var filled: Range<Int>

  /// No slice ends behind this: a terabyte.
  private static let most = 1 << 40
  /// Smaller memory is allocated.
  private static let page = 4096
  private static let leastPages = 1 << 20

  /// With room for so many bytes from `index` on; nil where the system gives no such room.
  init?(for count: Int, at index: Int) {
    let (end, overflow) = index.addingReportingOverflow(count)
    guard index >= 0, !overflow, end <= SliceMemory.most else { return nil }
    // Up to twice as much as is needed: the next slice mostly stands behind this one.
    var size = 64
    while size < end { size *= 2 }
    if size <= SliceMemory.page {
      guard let memory = calloc(1, size) else { return nil }
      start = memory
      whole = Data(bytesNoCopy: memory, count: size, deallocator: .free)
    } else {
      guard let (memory, size) = SliceMemory.map(max(size, SliceMemory.leastPages)) ?? SliceMemory.map(end) else {
        return nil
      }
      start = memory
      whole = Data(bytesNoCopy: memory, count: size, deallocator: .custom { munmap($0, $1) })
    }
    filled = index..<index
  }

  /// Pages; nil where a limit is in the way.
  private static func map(_ size: Int) -> (UnsafeMutableRawPointer, Int)? {
    #if os(Linux)
      let flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE
    #else
      let flags = MAP_PRIVATE | MAP_ANON
    #endif
    guard let memory = mmap(nil, size, PROT_READ | PROT_WRITE, flags, -1, 0), memory != MAP_FAILED else { return nil }
    return (memory, size)
  }

  /// The bytes at their place; nil where there is no room, or other bytes stand there.
  mutating func put(_ bytes: UnsafeRawBufferPointer, at index: Int) -> Data? {
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
