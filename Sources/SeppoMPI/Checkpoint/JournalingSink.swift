import SeppoEngine

/// A sink that wraps another one and keeps all values in place until the end of the call, so that a journal can store
/// them as they arrive, and they can be compared at the end. If the inner sink doesn't keep its values, it gets copies, and
/// the journal's are freed when they are stored.
final class JournalingSink<Inner: Sink>: Sink {
  static var keepsPlaces: Bool { true }

  private let inner: Inner
  private let journal: MapJournal<Inner.Value>?
  /// Empty if the inner sink keeps its values.
  private let kept: UnsafeMutableBufferPointer<Inner.Value>
  /// The copies, by their first index.
  private var copies: [Int: Range<Int>] = [:]

  /// - Parameter keepsCopies: whether copies are needed until the end of the call, although they are stored.
  init(_ inner: Inner, _ journal: MapJournal<Inner.Value>?, count: Int, keepsCopies: Bool) {
    self.inner = inner
    self.journal = journal
    kept = .allocate(capacity: Inner.keepsPlaces ? 0 : count)
    journal?.begin(Inner.keepsPlaces ? inner.places(0..<count) : kept)
    if !Inner.keepsPlaces, !keepsCopies { journal?.onStored = { [weak self] in self?.free($0) } }
  }

  private func free(_ range: Range<Int>) {
    guard let copy = copies.removeValue(forKey: range.lowerBound) else { return }
    places(range).deinitialize()
    if range.upperBound < copy.upperBound { copies[range.upperBound] = range.upperBound..<copy.upperBound }
  }

  func places(_ range: Range<Int>) -> UnsafeMutableBufferPointer<Inner.Value> {
    Inner.keepsPlaces ? inner.places(range) : UnsafeMutableBufferPointer(rebasing: kept[range])
  }

  func receive(_ chunk: Range<Int>, _ runs: [Range<Int>], from origin: Origin?, coded: CodedPart?) -> BadValue? {
    if !Inner.keepsPlaces {
      let target = inner.places(chunk)
      for run in runs {
        let inner = UnsafeMutableBufferPointer(rebasing: target[run.shifted(by: -chunk.lowerBound)])
        if journal != nil, origin == nil {
          // They are stored already.
          _ = inner.moveInitialize(fromContentsOf: places(run))
        } else {
          copies[run.lowerBound] = run
          _ = inner.initialize(from: places(run))
        }
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
  var passesStoredValues: Bool { inner.passesStoredValues }
  func takeFailure(_ item: FailedItem) -> Bool { inner.takeFailure(item) }

  func abandon() { inner.abandon() }

  deinit {
    for range in copies.values { places(range).deinitialize() }
    kept.deallocate()
  }
}
