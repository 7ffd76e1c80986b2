import SeppoEngine
import SeppoWire

/// The order in which results are consumed.
public enum ResultOrder: Sendable {
  /// The order of the elements.
  case index
  /// The order in which they are computed.
  case completion
}

/// A sink that passes values on to a consumer as they arrive.
final class StreamSink<Value: Codable & Sendable>: Sink {
  static var keepsPlaces: Bool { false }

  private let consumer: any ResultConsumer<Value>
  private let order: ResultOrder
  /// The capacity of the consumer, if it doesn't follow from the size of the values.
  private let buffer: Int?
  private let leastCapacity: Int
  private var pending = PendingBuffers<Value>()
  /// The index of the next value, in the order of the elements, and values that are there before their turn.
  private var next = 0
  private var early: [Int: Value] = [:]
  private var size = ResultSize()

  /// The memory that results may take before they are consumed, in bytes, unless the program says how many may.
  private static var memory: Double { 16_777_216 }

  /// - Parameters:
  ///   - buffer: the number of values that may be computed and not consumed; nil for as many as take 16 MiB.
  ///   - threads: the number of compute threads of all ranks.
  ///   - unit: the number of values that are computed together.
  init(_ consumer: any ResultConsumer<Value>, _ order: ResultOrder, buffer: Int?, threads: Int, unit: Int) {
    self.consumer = consumer
    self.order = order
    self.buffer = buffer
    leastCapacity = max(2 * threads, unit)
    consumer.capacity = max(buffer ?? leastCapacity, unit)
  }

  func places(_ range: Range<Int>) -> UnsafeMutableBufferPointer<Value> { pending.allocate(range) }

  func receive(_ chunk: Range<Int>, _ runs: [Range<Int>], from origin: Origin?, coded: CodedPart?) -> BadValue? {
    guard let buffer = pending.take(chunk) else { return nil }
    defer { buffer.deallocate() }
    if let first = runs.first, let start = buffer.baseAddress {
      measure(start + (first.lowerBound - chunk.lowerBound), coded)
    }
    var entries: [ResultEntry<Value>] = []
    entries.reserveCapacity(runs.reduce(0) { $0 + $1.count })
    for index in runs.joined() {
      let value = (buffer.baseAddress! + (index - chunk.lowerBound)).move()
      if order == .completion || index == next {
        entries.append((index, value))
        next = index + 1
      } else {
        early[index] = value
      }
    }
    while let value = early.removeValue(forKey: next) {
      entries.append((next, value))
      next += 1
    }
    consumer.put(entries)
    return nil
  }

  private func measure(_ first: UnsafePointer<Value>, _ coded: CodedPart?) {
    guard buffer == nil else { return }
    if let coded, !Items.areMemory(Value.self) {
      size.add(Value.self, count: coded.range.count, bytes: coded.bytes.count)
    } else {
      size.add(first)
    }
    if let bytes = size.bytes { consumer.capacity = max(Int(StreamSink.memory / bytes), leastCapacity) }
  }

  func abandon() {
    pending.free()
    early = [:]
  }

  deinit { abandon() }
}
