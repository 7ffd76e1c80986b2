import Synchronization

/// What this rank is doing, in shared memory. A signal handler can read it at any moment, and the rank's watchdog, which is
/// another process, after the rank's death.
///
/// The layout is two lines of text, then words, then `InFlightSlots`. `WatchdogScript` depends on it.
package struct SharedPage: Sendable {
  package static let textLength = 256
  package static let wordsOffset = 2 * textLength
  package static let slotsOffset = wordsOffset + wordsSize
  private static let wordsSize = 128
  package static let size = slotsOffset + InFlightSlots.size

  package enum State: Int { case starting, running, done }

  package struct Words: ~Copyable {
    package let rank = Atomic<Int>(0)
    package let state = Atomic<Int>(State.starting.rawValue)
    /// The number of calls that the rank has made.
    package let number = Atomic<Int>(0)
    /// When the current call started, in nanoseconds of the monotonic clock; 0 outside of calls.
    package let since = Atomic<Int>(0)
    /// The signal that ends the rank, its time, and its thread; 0 if there is none.
    package let signal = Atomic<Int>(0)
    package let died = Atomic<Int>(0)
    package let thread = Atomic<Int>(0)
    /// The system's count of out-of-memory kills when the rank started; the largest number if the count isn't available.
    package let kills = Atomic<Int>(.max)
    /// How far the clock of /proc/uptime is ahead of the monotonic clock, in nanoseconds: the time the machine was suspended.
    package let ahead = Atomic<Int>(0)
    /// The number of the terminal's last row while a line of this rank is shown there, below the terminal's margins; 0 if there is
    /// none.
    package let bottomLine = Atomic<Int>(0)
  }

  /// Safe because the memory is never freed, and only the thread in a call writes the lines, always the one that is not being
  /// read.
  nonisolated(unsafe) private let memory: UnsafeMutableRawPointer
  /// Safe because the memory is never freed and its words are atomic.
  nonisolated(unsafe) private let pointer: UnsafeMutablePointer<Words>
  package let slots: InFlightSlots

  /// - Parameter memory: `size` bytes, never freed.
  package init(_ memory: UnsafeMutableRawPointer) {
    self.memory = memory
    memory.initializeMemory(as: UInt8.self, repeating: 0, count: SharedPage.size)
    pointer = (memory + SharedPage.wordsOffset).bindMemory(to: Words.self, capacity: 1)
    pointer.initialize(to: Words())
    slots = InFlightSlots(memory + SharedPage.slotsOffset)
    for line in 0...1 { write(line: line, []) }
  }

  /// Returns a page in private memory, for a rank without a watchdog.
  package static func unshared() -> SharedPage {
    SharedPage(.allocate(byteCount: size, alignment: InFlightSlot.size))
  }

  /// Frees an `unshared` page. Neither the page nor its slots may be used afterwards.
  func deallocate() { memory.deallocate() }

  package var words: UnsafeMutablePointer<Words> { pointer }

  /// Notes that the rank has reached a call.
  ///
  /// The calls' texts alternate between the two lines, and a text is valid once its call's number is written. So a reader
  /// always finds a complete text.
  package func enter(_ call: String, at place: String, number: Int) {
    write(line: number & 1, place.isEmpty ? [call] : [call, " at ", place])
    words.pointee.number.store(number, ordering: .releasing)
    words.pointee.since.store(monotonicNanoseconds(), ordering: .releasing)
  }

  /// Whether the rank has reached a call.
  package var hasBeenInCall: Bool { words.pointee.number.load(ordering: .relaxed) != 0 }

  package func leave() { words.pointee.since.store(0, ordering: .relaxed) }

  /// The text of the last call that the rank has reached. Async-signal-safe.
  package var call: UnsafeRawBufferPointer {
    let line = memory + (words.pointee.number.load(ordering: .acquiring) & 1) * SharedPage.textLength
    var length = SharedPage.textLength - 1
    while length > 0, line.load(fromByteOffset: length - 1, as: UInt8.self) == SharedPage.space { length -= 1 }
    return UnsafeRawBufferPointer(start: line, count: length)
  }

  private static let space: UInt8 = 32
  private static let newline: UInt8 = 10

  /// Writes a line, padded with spaces because a shell reads line by line.
  private func write(line: Int, _ texts: [String]) {
    let line = UnsafeMutableRawBufferPointer(
      start: memory + line * SharedPage.textLength, count: SharedPage.textLength)
    var length = 0
    for var text in texts {
      text.withUTF8 { text in
        let count = min(text.count, line.count - 1 - length)
        UnsafeMutableRawBufferPointer(rebasing: line[length...]).copyMemory(
          from: UnsafeRawBufferPointer(UnsafeBufferPointer(rebasing: text[..<count])))
        length += count
      }
    }
    let rest = UnsafeMutableRawBufferPointer(rebasing: line[length...])
    rest.initializeMemory(as: UInt8.self, repeating: SharedPage.space)
    line[line.count - 1] = SharedPage.newline
  }
}
