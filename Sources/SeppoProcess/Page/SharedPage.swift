import Synchronization

/// What this rank is doing, in memory that others can look at: a signal handler at any moment, and the rank's watchdog, which
/// is another process, after the rank's death.
///
/// Two lines of text, then words, then `InFlightSlots`. `WatchdogScript` knows these places too.
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
    /// How many calls the rank has made.
    package let number = Atomic<Int>(0)
    /// Since when it is in the last of them, in nanoseconds of the monotonic clock; 0 where it is in none.
    package let since = Atomic<Int>(0)
    /// The signal that ends the rank, when, and on which thread; 0 where there is none.
    package let signal = Atomic<Int>(0)
    package let died = Atomic<Int>(0)
    package let thread = Atomic<Int>(0)
    /// How many processes the system had killed for want of memory when the rank started; where it doesn't say, more
    /// than ever can be.
    package let kills = Atomic<Int>(.max)
    /// What the clock of /proc/uptime is ahead of the monotonic one, in nanoseconds: the machine slept for so long.
    package let ahead = Atomic<Int>(0)
  }

  /// Never freed, and its lines are written by the thread in a call alone, each while the other one is looked at: that is why
  /// it may go to any thread.
  nonisolated(unsafe) private let memory: UnsafeMutableRawPointer
  /// Never freed, and atomic: that is why it may go to any thread.
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

  /// Memory for a rank without a watchdog.
  package static func alone() -> SharedPage {
    SharedPage(.allocate(byteCount: size, alignment: InFlightSlot.size))
  }

  /// Of a page that is `alone`: nobody may look at it any more, nor at its hands.
  func deallocate() { memory.deallocate() }

  package var words: UnsafeMutablePointer<Words> { pointer }

  /// Each call's text goes where the last but one's was, and counts from the moment when the number is written: so whoever
  /// looks finds one of them whole.
  package func enter(_ call: String, at place: String, number: Int) {
    write(line: number & 1, place.isEmpty ? [call] : [call, " at ", place])
    words.pointee.number.store(number, ordering: .releasing)
    words.pointee.since.store(monotonicNanoseconds(), ordering: .releasing)
  }

  /// Whether the rank has come to a call.
  package var hasBeenInCall: Bool { words.pointee.number.load(ordering: .relaxed) != 0 }

  package func leave() { words.pointee.since.store(0, ordering: .relaxed) }

  /// The text of the call that the rank has come to last. May be called by a signal handler.
  package var call: UnsafeRawBufferPointer {
    let line = memory + (words.pointee.number.load(ordering: .acquiring) & 1) * SharedPage.textLength
    var length = SharedPage.textLength - 1
    while length > 0, line.load(fromByteOffset: length - 1, as: UInt8.self) == SharedPage.space { length -= 1 }
    return UnsafeRawBufferPointer(start: line, count: length)
  }

  private static let space: UInt8 = 32
  private static let newline: UInt8 = 10

  /// Padded with spaces, because a shell reads lines one after the other.
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
