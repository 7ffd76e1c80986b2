import Dispatch
import Foundation
import SeppoProcess
import Testing

@Suite("Child processes")
struct ChildrenTests {
  private struct Stopped: Error {}

  /// Returns memory for a pipe.
  private func zeros() -> UnsafeMutableRawPointer {
    let memory = UnsafeMutableRawPointer.allocate(byteCount: SharedPipe.size, alignment: 64)
    memory.initializeMemory(as: UInt8.self, repeating: 0, count: SharedPipe.size)
    return memory
  }

  @Test("Bytes pass through shared memory in order, also more than fit at a time")
  func pipe() {
    let memory = zeros()
    defer { memory.deallocate() }
    let pipe = SharedPipe(memory)
    let bytes = (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 &* 2_654_435_761 >> 7) }
    let ended = DispatchSemaphore(value: 0)
    DispatchQueue(label: "writer").async {
      // Pieces of many lengths.
      var (done, length) = (0, 1)
      while done < bytes.count {
        let piece = bytes[done..<min(done + length, bytes.count)]
        Array(piece).withUnsafeBytes { pipe.write($0) {} }
        (done, length) = (done + piece.count, length * 3 % 500_009)
      }
      pipe.flush()
      ended.signal()
    }
    var received: [UInt8] = []
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 70_001, alignment: 1)
    defer { buffer.deallocate() }
    while received.count < bytes.count {
      let count = pipe.read(buffer)
      received += buffer[..<count]
      if count == 0 { pipe.wait(nanoseconds: 1_000_000) }
    }
    ended.wait()
    #expect(received == bytes)
    #expect(pipe.available == 0)
  }

  @Test("If the system refuses to fork, the error says which limit to raise")
  func refusal() {
    #expect(ForkError(EAGAIN).reason.contains("ulimit -u"))
    #expect(ForkError(ENOMEM).reason.contains("vm.overcommit_memory"))
  }

  @Test("A writer that waits for space can give up")
  func fullPipe() {
    let memory = zeros()
    defer { memory.deallocate() }
    let pipe = SharedPipe(memory)
    #expect(throws: Stopped.self) {
      try [UInt8](repeating: 1, count: 1_000_000).withUnsafeBytes { bytes in
        try pipe.write(bytes) { () throws(Stopped) in throw Stopped() }
      }
    }
    #expect(pipe.available > 100_000)
  }

  @Test(
    "The last line of a text is the last one that isn't blank",
    arguments: [
      (["one\ntwo\n"], "two"), (["one\n", "tw", "o"], "two"), (["one\n  \n\t\n"], "one"),
      (["\u{1B}[31mred\0\n"], "?[31mred?"),
      (["Fatal error: x\nCurrent stack trace:\n0    libc 0x12\n1    Laws 0x34\n"], "Fatal error: x"),
      (["Current stack trace:\n0    libc 0x12\nlater\n7 more\n"], "7 more"), ([""], ""),
      (["a\r\nb\r\n\n"], "b"),
      (["one\n" + String(repeating: "x", count: 900)], String(repeating: "x", count: 512)),
    ])
  func lastLine(pieces: [String], expected: String) {
    var line = LastLine()
    for piece in pieces { Array(piece.utf8).withUnsafeBytes { line.append($0) } }
    #expect(line.text == expected)
  }
}
