import SeppoEngine

/// A sink that wraps another one and keeps all values in place until the end of the call, so that a journal can store
/// them as they arrive, and they can be compared at the end. If the inner sink doesn't keep its values, it gets copies.
final class JournalingSink<Inner: Sink>: Sink {
  static var keepsPlaces: Bool { true }

  private let inner: Inner
  private let journal: MapJournal<Inner.Value>?
  /// Empty if the inner sink keeps its values.
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

  func receive(_ chunk: Range<Int>, _ runs: [Range<Int>], from origin: Origin?, coded: CodedPart?) -> BadValue? {
    if !Inner.keepsPlaces {
      let target = inner.places(chunk)
      for run in runs {
        initialized.insert(run)
        let copies = target[run.shifted(by: -chunk.lowerBound)]
        _ = UnsafeMutableBufferPointer(rebasing: copies).initialize(from: places(run))
      }
    }
    let bad = inner.receive(chunk, runs, from: origin, coded: coded)
    guard let origin else { return bad }
    let end = bad?.index ?? .max
    journal?.came(
      runs.compactMap { $0.lowerBound < end ? $0.lowerBound..<min($0.upperBound, end) : nil }, from: origin)
    return bad
  }

  var decisive: Int? { inner.decisive }

  func abandon() { inner.abandon() }

  deinit {
    for range in initialized.ranges { places(range).deinitialize() }
    kept.deallocate()
  }
}
