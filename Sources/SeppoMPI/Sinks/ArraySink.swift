import SeppoEngine
import SeppoWire

/// A sink that stores each value at its index of an array, and its encoded bytes if they are to be broadcast.
final class ArraySink<Value: Codable & Sendable>: Sink {
  static var keepsPlaces: Bool { true }

  private let all: UnsafeMutableBufferPointer<Value>
  /// The positions that hold a value.
  private var initialized = Coverage()
  private let keepsCoded: Bool
  private var coded: [CodedPart] = []

  /// - Parameter all: uninitialised memory for all values.
  init(_ all: UnsafeMutableBufferPointer<Value>, keepsCoded: Bool) {
    self.all = all
    self.keepsCoded = keepsCoded
  }

  func places(_ range: Range<Int>) -> UnsafeMutableBufferPointer<Value> {
    UnsafeMutableBufferPointer(rebasing: all[range])
  }

  func receive(_ chunk: Range<Int>, _ runs: [Range<Int>], from origin: Origin?, coded: CodedPart?) -> BadValue? {
    if let coded {
      for run in runs { initialized.insert(run) }
      if keepsCoded, !coded.range.isEmpty { self.coded.append(coded) }
      return nil
    }
    for (number, run) in runs.enumerated() {
      guard let bad = encodeAgain(run) else { continue }
      for lost in runs[(number + 1)...] { places(lost).deinitialize() }
      return bad
    }
    return nil
  }

  /// Encodes values again, if the bytes that arrived have missing or unreadable values and so can't be broadcast. The values are
  /// then decoded, so that this rank has the same values as the others.
  private func encodeAgain(_ range: Range<Int>) -> BadValue? {
    guard keepsCoded, !range.isEmpty else {
      initialized.insert(range)
      return nil
    }
    let writer = WireWriter()
    do {
      try Items.write(UnsafeBufferPointer(places(range)), to: writer)
    } catch {
      let bad = range.lowerBound + error.item
      places(bad..<range.upperBound).deinitialize()
      return encodeAgain(range.lowerBound..<bad) ?? BadValue(index: bad, error: error)
    }
    if !Items.haveOwnForm(Value.self) {
      places(range).deinitialize()
      let (done, error) = Items.read(places(range), from: UnsafeRawBufferPointer(writer.bytes))
      if let error {
        return encodeAgain(range.prefix(done)) ?? BadValue(index: range.lowerBound + done, error: error)
      }
    }
    initialized.insert(range)
    coded.append(CodedPart(range: range, bytes: UnsafeRawBufferPointer(writer.bytes), owner: writer))
    return nil
  }

  /// The encoded bytes, in the order of the values.
  var parts: [CodedPart] { coded.sorted { $0.range.lowerBound < $1.range.lowerBound } }

  /// The number of values.
  var count: Int { initialized.count }

  /// Moves the values together, to close the gaps of failed items.
  func closeGaps() {
    var count = 0
    for run in initialized.ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) {
      if run.lowerBound > count, let start = all.baseAddress {
        (start + count).moveInitialize(from: start + run.lowerBound, count: run.count)
      }
      count += run.count
    }
    initialized = Coverage()
    initialized.insert(0..<count)
  }

  func abandon() {
    for range in initialized.ranges { places(range).deinitialize() }
    initialized = Coverage()
  }
}
