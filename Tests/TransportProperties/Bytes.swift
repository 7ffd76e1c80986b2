import SeppoTransport

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// A property that does not hold.
package struct PropertyViolation: Error, CustomStringConvertible {
  package let description: String

  package init(description: String) { self.description = description }
}

package func hold(_ condition: Bool, _ what: @autoclosure () -> String, line: UInt = #line) throws {
  if !condition { throw PropertyViolation(description: "\(what()) (line \(line))") }
}

/// Memory for a send, as an owner that the send can retain.
package final class Bytes {
  package let memory: UnsafeMutableRawBufferPointer

  package init(count: Int, seed: Int) {
    memory = .allocate(byteCount: count, alignment: 16)
    Bytes.inBlocks(of: count, seed) { range, block in
      UnsafeMutableRawBufferPointer(rebasing: memory[range]).copyMemory(from: block)
    }
  }

  deinit { memory.deallocate() }

  package static func value(_ index: Int, _ seed: Int) -> UInt8 { UInt8(truncatingIfNeeded: index &* 31 &+ seed) }

  package static func areWhole(_ bytes: UnsafeRawBufferPointer, count: Int, seed: Int) -> Bool {
    guard bytes.count == count else { return false }
    var areWhole = true
    inBlocks(of: count, seed) { range, block in
      areWhole = areWhole && memcmp(bytes.baseAddress! + range.lowerBound, block.baseAddress!, range.count) == 0
    }
    return areWhole
  }

  /// Works in blocks of 256 bytes, after which the values repeat: that is fast in a debug build too.
  private static func inBlocks(of count: Int, _ seed: Int, _ body: (Range<Int>, UnsafeRawBufferPointer) -> Void) {
    let block = (0..<256).map { value($0, seed) }
    block.withUnsafeBytes { block in
      for start in stride(from: 0, to: count, by: block.count) {
        let end = min(start + block.count, count)
        body(start..<end, UnsafeRawBufferPointer(rebasing: block[..<(end - start)]))
      }
    }
  }
}
