import SeppoEngine
import SeppoProcess

/// The items of a pool's call: its tasks, as they are submitted.
final class PoolFeed<Input: Codable & Sendable, Output: Codable & Sendable>: ItemFeed {
  private let pool: TaskPool<Input, Output>

  init(_ pool: TaskPool<Input, Output>) { self.pool = pool }

  func take(atMost count: Int) -> [Input] { pool.start(atMost: count) }

  /// A task may be waited for before others are submitted.
  var waitsForUnits: Bool { false }

  /// The call ends when no more results are wanted.
  var isExhausted: Bool { false }

  func end() {}
}

/// The end of a pool's call: results wait in the pool, in any number.
final class PoolConsumer<Input: Codable & Sendable, Output: Codable & Sendable>: ValueConsumer {
  private let pool: TaskPool<Input, Output>

  init(_ pool: TaskPool<Input, Output>) { self.pool = pool }

  var capacity: Int { .max }
  func begin() { pool.start.announce() }
  var isGone: Bool { pool.isEnded }
  func room(supplied: Int) -> Int { .max }
  var isFull: Bool { false }
  func waitForRoom(supplied: Int) {}
  func complete() {}
}

/// A sink that passes results and failures to the tasks of a pool.
final class PoolSink<Input: Codable & Sendable, Output: Codable & Sendable>: Sink {
  typealias Value = Output
  static var keepsPlaces: Bool { false }

  private let pool: TaskPool<Input, Output>
  private var pending = PendingBuffers<Output>()

  init(_ pool: TaskPool<Input, Output>) { self.pool = pool }

  func places(_ range: Range<Int>) -> UnsafeMutableBufferPointer<Output> { pending.allocate(range) }

  func receive(_ chunk: Range<Int>, _ runs: [Range<Int>], from origin: Origin?, coded: CodedPart?) -> BadValue? {
    guard let buffer = pending.take(chunk) else { return nil }
    defer { buffer.deallocate() }
    pool.finish(
      runs.joined().map { item in (item, .success((buffer.baseAddress! + (item - chunk.lowerBound)).move())) })
    return nil
  }

  func takeFailure(_ item: FailedItem) -> Bool {
    pool.finish([(item.index, .failure(item.error))])
    return true
  }

  func abandon() { pending.free() }

  deinit { abandon() }
}
