import SeppoEngine
import SeppoWire

/// A sink for values whose number is known only at the end. It keeps them in parts.
final class PartsSink<Value: Codable & Sendable>: Sink {
  static var keepsPlaces: Bool { false }

  private struct Part {
    let buffer: UnsafeMutableBufferPointer<Value>
    let first: Int
    /// The indices that have a value.
    let runs: [Range<Int>]

    func values(_ run: Range<Int>) -> UnsafeMutableBufferPointer<Value> {
      UnsafeMutableBufferPointer(rebasing: buffer[run.shifted(by: -first)])
    }
  }

  private var pending = PendingBuffers<Value>()
  private var parts: [Part] = []
  /// The number of values.
  private(set) var count = 0

  func places(_ range: Range<Int>) -> UnsafeMutableBufferPointer<Value> { pending.allocate(range) }

  func receive(_ chunk: Range<Int>, _ runs: [Range<Int>], from origin: Origin?, coded: CodedPart?) -> BadValue? {
    guard let buffer = pending.take(chunk) else { return nil }
    parts.append(Part(buffer: buffer, first: chunk.lowerBound, runs: runs))
    count += runs.reduce(0) { $0 + $1.count }
    return nil
  }

  /// Moves all values to their places in another sink.
  ///
  /// - Returns: the first value that can't be sent. The values after it are not moved.
  func move(to sink: ArraySink<Value>) -> BadValue? {
    parts.sort { $0.first < $1.first }
    while let part = parts.first {
      for run in part.runs {
        _ = sink.places(run).moveInitialize(fromContentsOf: part.values(run))
      }
      part.buffer.deallocate()
      parts.removeFirst()
      guard let first = part.runs.first, let last = part.runs.last else { continue }
      if let bad = sink.receive(first.lowerBound..<last.upperBound, part.runs, from: nil, coded: nil) { return bad }
    }
    return nil
  }

  func abandon() {
    pending.free()
    for part in parts {
      for run in part.runs { part.values(run).deinitialize() }
      part.buffer.deallocate()
    }
    parts = []
  }

  deinit { abandon() }
}
