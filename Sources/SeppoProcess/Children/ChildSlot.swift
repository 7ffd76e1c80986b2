import Synchronization

/// What a compute thread, its child process and their guardian share.
///
/// `@unchecked Sendable` because the words are atomic, and the last line is written before the state that announces it.
package struct ChildSlot: @unchecked Sendable {
  enum State: Int {
    case none, running, dead
    /// The system refused to fork; the status is the error number.
    case refused
  }

  private static let words = 256
  private static let longestLine = 512
  static var size: Int { words + longestLine + 2 * SharedPipe.size }

  private let memory: UnsafeMutableRawPointer

  /// - Parameter memory: `size` bytes, aligned to 64, zeros at first.
  init(_ memory: UnsafeMutableRawPointer) { self.memory = memory }

  private func word(_ number: Int) -> UnsafeMutablePointer<Atomic<Int>> {
    (memory + number * MemoryLayout<Int>.stride).assumingMemoryBound(to: Atomic<Int>.self)
  }

  var state: State {
    get { State(rawValue: word(0).pointee.load(ordering: .acquiring)) ?? .none }
    nonmutating set { word(0).pointee.store(newValue.rawValue, ordering: .releasing) }
  }

  /// The status with which the child ended, as of `waitpid`.
  var status: Int32 {
    get { Int32(truncatingIfNeeded: word(1).pointee.load(ordering: .relaxed)) }
    nonmutating set { word(1).pointee.store(Int(newValue), ordering: .relaxed) }
  }

  /// Whether the child has all of a request, so that its death is an item's.
  package var hasBegun: Bool {
    get { word(2).pointee.load(ordering: .acquiring) != 0 }
    nonmutating set { word(2).pointee.store(newValue ? 1 : 0, ordering: .releasing) }
  }

  /// When the child started the current item, in nanoseconds of the monotonic clock; 0 if it computes none.
  package var itemStart: Int {
    get { word(3).pointee.load(ordering: .relaxed) }
    nonmutating set { word(3).pointee.store(newValue, ordering: .relaxed) }
  }

  /// No block at or above this index needs to be started.
  package var bound: Int {
    get { word(4).pointee.load(ordering: .relaxed) }
    nonmutating set { word(4).pointee.store(newValue, ordering: .relaxed) }
  }

  /// The number of items that the child has computed.
  package var itemsComputed: Int {
    get { word(6).pointee.load(ordering: .relaxed) }
    nonmutating set { word(6).pointee.store(newValue, ordering: .relaxed) }
  }

  /// When the child was ready for its first request, in nanoseconds of the monotonic clock; 0 before that.
  package var readyTime: Int {
    get { word(7).pointee.load(ordering: .relaxed) }
    nonmutating set { word(7).pointee.store(newValue, ordering: .relaxed) }
  }

  private var lineLength: UnsafeMutablePointer<Atomic<Int>> { word(5) }

  private var line: UnsafeMutableRawBufferPointer {
    UnsafeMutableRawBufferPointer(start: memory + ChildSlot.words, count: ChildSlot.longestLine)
  }

  /// The last line that the child wrote on standard error, cut after some hundred bytes.
  var lastLine: String {
    get { String(decoding: line.prefix(lineLength.pointee.load(ordering: .relaxed)), as: UTF8.self) }
    nonmutating set {
      let bytes = newValue.utf8.prefix(ChildSlot.longestLine)
      line.copyBytes(from: bytes)
      lineLength.pointee.store(bytes.count, ordering: .relaxed)
    }
  }

  /// From the compute thread to the child.
  package var requests: SharedPipe { SharedPipe(memory + ChildSlot.words + ChildSlot.longestLine) }
  /// From the child to the compute thread.
  package var responses: SharedPipe {
    SharedPipe(memory + ChildSlot.words + ChildSlot.longestLine + SharedPipe.size)
  }

  /// Prepares for another child. There must be none.
  func reset() {
    requests.reset()
    responses.reset()
    hasBegun = false
    itemStart = 0
    itemsComputed = 0
    readyTime = 0
    lineLength.pointee.store(0, ordering: .relaxed)
    state = .none
  }
}
