import SeppoEngine
import SeppoWire

/// Rank 0's results of a map as they come: each in its place, and as bytes for the broadcast.
struct Gathered<Result: Codable & Sendable> {
  private let places: UnsafeMutableBufferPointer<Result>
  /// The results that are there.
  private var initialized = Coverage()
  /// Results as bytes, as they came or were encoded, where they are to be broadcast in that form.
  private var coded: [CodedPart] = []
  private let keepsCoded: Bool

  /// - Parameter places: one for each item, uninitialised.
  init(_ places: UnsafeMutableBufferPointer<Result>, keepsCoded: Bool) {
    self.places = places
    self.keepsCoded = keepsCoded
  }

  subscript(range: Range<Int>) -> UnsafeMutableBufferPointer<Result> {
    UnsafeMutableBufferPointer(rebasing: places[range])
  }

  /// Results that have been put in their places, and their bytes, if they were to be encoded.
  ///
  /// - Parameter failures: those among them that failed, lowest first, and have none.
  mutating func insert(_ range: Range<Int>, without failures: [FailedItem], bytes: _WireWriter?) {
    var first = range.lowerBound
    for end in failures.map(\.index) + [range.upperBound] where end <= range.upperBound {
      initialized.insert(first..<end)
      first = end + 1
    }
    // Where one failed nothing is broadcast in the end.
    if let bytes, failures.isEmpty { keep(range, UnsafeRawBufferPointer(bytes.bytes), bytes) }
  }

  /// Reads results from bytes.
  ///
  /// - Parameters:
  ///   - range: the items that were computed.
  ///   - failures: those of them that failed, lowest first: they have no result.
  /// - Returns: the first item whose result can't be read, and why; nil where all can. Those behind it aren't read.
  mutating func read(
    _ range: Range<Int>, without failures: [FailedItem], from bytes: UnsafeRawBufferPointer, owner: AnyObject
  ) -> (index: Int, error: WireError)? {
    if failures.isEmpty {
      let (done, error) = Items.read(self[range], from: bytes)
      guard let error else {
        initialized.insert(range)
        keep(range, bytes, owner)
        return nil
      }
      return takeAnew(range.prefix(done)) ?? (range.lowerBound + done, error)
    }
    let room = UnsafeMutableBufferPointer<Result>.allocate(capacity: range.count - failures.count)
    defer { room.deallocate() }
    let (done, error) = Items.read(room, from: bytes)
    var moved = 0
    var index = range.lowerBound
    for end in failures.map(\.index) + [range.upperBound] {
      let run = index..<min(end, index + done - moved)
      if let from = room.baseAddress, let to = self[run].baseAddress {
        to.moveInitialize(from: from + moved, count: run.count)
      }
      moved += run.count
      // Between them come what is tried again.
      if let failure = takeAnew(run) {
        UnsafeMutableBufferPointer(rebasing: room[moved..<done]).deinitialize()
        return failure
      }
      if run.upperBound < end { return error.map { (run.upperBound, $0) } }
      index = end + 1
    }
    return nil
  }

  /// Takes results that an earlier job has stored, and that stand in their places.
  ///
  /// - Returns: as `read`.
  mutating func take(stored range: Range<Int>) -> (index: Int, error: WireError)? { takeAnew(range) }

  /// Takes results that stand in their places. Bytes in which some are missing or can't be read aren't given on: what is
  /// there is encoded anew, and taken as the other ranks will get it.
  ///
  /// - Returns: as `read`.
  private mutating func takeAnew(_ range: Range<Int>) -> (index: Int, error: WireError)? {
    guard keepsCoded, !range.isEmpty else {
      initialized.insert(range)
      return nil
    }
    let writer = _WireWriter()
    do {
      try Items.write(UnsafeBufferPointer(self[range]), to: writer)
    } catch {
      let bad = range.lowerBound + error.item
      self[bad..<range.upperBound].deinitialize()
      return takeAnew(range.lowerBound..<bad) ?? (bad, error)
    }
    if !Items.haveOwnForm(Result.self) {
      self[range].deinitialize()
      let (done, error) = Items.read(self[range], from: UnsafeRawBufferPointer(writer.bytes))
      if let error { return takeAnew(range.prefix(done)) ?? (range.lowerBound + done, error) }
    }
    initialized.insert(range)
    keep(range, UnsafeRawBufferPointer(writer.bytes), writer)
    return nil
  }

  private mutating func keep(_ range: Range<Int>, _ bytes: UnsafeRawBufferPointer, _ owner: AnyObject) {
    guard keepsCoded, !range.isEmpty else { return }
    coded.append(CodedPart(range: range, bytes: bytes, owner: owner))
  }

  /// The parts in the order of the items.
  var parts: [CodedPart] { coded.sorted { $0.range.lowerBound < $1.range.lowerBound } }

  /// Closes the gaps that failed items left.
  ///
  /// - Returns: how many results there are, from the first place on.
  mutating func closeGaps() -> Int {
    guard let start = places.baseAddress else { return 0 }
    var count = 0
    for run in initialized.ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) {
      if run.lowerBound > count { (start + count).moveInitialize(from: start + run.lowerBound, count: run.count) }
      count += run.count
    }
    initialized = Coverage()
    initialized.insert(0..<count)
    return count
  }

  func deinitialize() { for range in initialized.ranges { self[range].deinitialize() } }
}
