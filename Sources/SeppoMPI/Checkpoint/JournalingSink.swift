import SeppoEngine

/// Any other sink, whose values stay where they are until the call's end: where the other doesn't keep them, here, and it gets
/// copies. So a journal can store them meanwhile as they come, and they can be compared in the end.
final class JournalingSink<Inner: Sink>: Sink {
  static var keepsPlaces: Bool { true }

  private let inner: Inner
  private let journal: MapJournal<Inner.Value>?
  /// Empty where the other sink keeps them.
  private let kept: UnsafeMutableBufferPointer<Inner.Value>
  private var initialized = Coverage()

  init(_ inner: Inner, _ journal: MapJournal<Inner.Value>?, count: Int) {
    self.inner = inner
    self.journal = journal
    kept = .allocate(capacity: Inner.keepsPlaces ? 0 : count)
    journal?.begin(Inner.keepsPlaces ? inner.places(0..<count) : kept)
  }

  func places(_ range: Range<Int>) -> UnsafeMutableBufferPointer<Inner.Value> {
    Inner.keepsPlaces ? inner.places(range) : UnsafeMutableBufferPointer(rebasing: kept[range])
  }

  func came(_ chunk: Range<Int>, _ runs: [Range<Int>], from origin: Origin?, coded: CodedPart?) -> BadValue? {
    if !Inner.keepsPlaces {
      let room = inner.places(chunk)
      for run in runs {
        initialized.insert(run)
        let copies = room[run.shifted(by: -chunk.lowerBound)]
        _ = UnsafeMutableBufferPointer(rebasing: copies).initialize(from: places(run))
      }
    }
    let bad = inner.came(chunk, runs, from: origin, coded: coded)
    guard let origin else { return bad }
    let end = bad?.index ?? .max
    journal?.came(
      runs.compactMap { $0.lowerBound < end ? $0.lowerBound..<min($0.upperBound, end) : nil }, from: origin)
    return bad
  }

  func abandon() { inner.abandon() }

  deinit {
    for range in initialized.ranges { places(range).deinitialize() }
    kept.deallocate()
  }
}
