import SeppoEngine
import SeppoWire

/// Values each in its place of an array, and as bytes where they are to be broadcast.
final class ArraySink<Value: Codable & Sendable>: Sink {
  static var keepsPlaces: Bool { true }

  private let all: UnsafeMutableBufferPointer<Value>
  /// The values that are there.
  private var initialized = Coverage()
  private let keepsCoded: Bool
  private var coded: [CodedPart] = []

  /// - Parameter all: places for all values, uninitialised.
  init(_ all: UnsafeMutableBufferPointer<Value>, keepsCoded: Bool) {
    self.all = all
    self.keepsCoded = keepsCoded
  }

  func places(_ range: Range<Int>) -> UnsafeMutableBufferPointer<Value> {
    UnsafeMutableBufferPointer(rebasing: all[range])
  }

  func came(_ chunk: Range<Int>, _ runs: [Range<Int>], from origin: Origin?, coded: CodedPart?) -> BadValue? {
    if let coded {
      for run in runs { initialized.insert(run) }
      if keepsCoded, !coded.range.isEmpty { self.coded.append(coded) }
      return nil
    }
    for (number, run) in runs.enumerated() {
      guard let bad = takeAnew(run) else { continue }
      for lost in runs[(number + 1)...] { places(lost).deinitialize() }
      return bad
    }
    return nil
  }

  /// Bytes in which some are missing or can't be read aren't given on: what is there is encoded anew, and taken as the other
  /// ranks will get it.
  private func takeAnew(_ range: Range<Int>) -> BadValue? {
    guard keepsCoded, !range.isEmpty else {
      initialized.insert(range)
      return nil
    }
    let writer = _WireWriter()
    do {
      try Items.write(UnsafeBufferPointer(places(range)), to: writer)
    } catch {
      let bad = range.lowerBound + error.item
      places(bad..<range.upperBound).deinitialize()
      return takeAnew(range.lowerBound..<bad) ?? BadValue(index: bad, error: error)
    }
    if !Items.haveOwnForm(Value.self) {
      places(range).deinitialize()
      let (done, error) = Items.read(places(range), from: UnsafeRawBufferPointer(writer.bytes))
      if let error {
        return takeAnew(range.prefix(done)) ?? BadValue(index: range.lowerBound + done, error: error)
      }
    }
    initialized.insert(range)
    coded.append(CodedPart(range: range, bytes: UnsafeRawBufferPointer(writer.bytes), owner: writer))
    return nil
  }

  /// The bytes in the order of the values.
  var parts: [CodedPart] { coded.sorted { $0.range.lowerBound < $1.range.lowerBound } }

  /// How many values are there.
  var count: Int { initialized.count }

  /// Closes the gaps that failed items left.
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
