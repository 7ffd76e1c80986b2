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
  /// The index of the next value, in the order of the elements, and runs of values that are there before their turn, by their
  /// first index.
  private var next = 0
  private var early: [Int: [Value]] = [:]
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

  var passesStoredValues: Bool { order == .completion }

  func places(_ range: Range<Int>) -> UnsafeMutableBufferPointer<Value> { pending.allocate(range) }

  func receive(_ chunk: Range<Int>, _ runs: [Range<Int>], from origin: Origin?, coded: CodedPart?) -> BadValue? {
    guard let buffer = pending.take(chunk) else { return nil }
    defer { buffer.deallocate() }
    if let first = runs.first, let start = buffer.baseAddress {
      measure(start + (first.lowerBound - chunk.lowerBound), coded)
    }
    var ready: [(run: Range<Int>, values: [Value])] = []
    for run in runs {
      let values = take(run.shifted(by: -chunk.lowerBound), from: buffer)
      if order == .completion || run.lowerBound == next {
        ready.append((run, values))
        next = run.upperBound
      } else {
        early[run.lowerBound] = values
      }
    }
    while let values = early.removeValue(forKey: next) {
      ready.append((next..<(next + values.count), values))
      next += values.count
    }
    consumer.put(ResultBatch(ready.map(\.run), ready.count == 1 ? ready[0].values : ready.flatMap(\.values)))
    return nil
  }

  /// Moves values out of a chunk's memory.
  private func take(_ range: Range<Int>, from buffer: UnsafeMutableBufferPointer<Value>) -> [Value] {
    [Value](unsafeUninitializedCapacity: range.count) { values, count in
      _ = values.moveInitialize(fromContentsOf: buffer[range])
      count = range.count
    }
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
