import SeppoEngine
import SeppoWire

/// The destination of a call's values on rank 0. There is one value for each block of items, and they arrive in any order.
///
/// For each chunk, `places` is called to get memory, then `receive` once, even if no value has arrived.
protocol Sink<Value>: AnyObject {
  associatedtype Value: Codable & Sendable

  /// Whether values stay in place until the end of the call, so that `places` may be called for any range.
  static var keepsPlaces: Bool { get }

  /// Returns memory for the values of these blocks, uninitialised until `receive`.
  func places(_ range: Range<Int>) -> UnsafeMutableBufferPointer<Value>

  /// Takes over values that have been stored at their places.
  ///
  /// - Parameters:
  ///   - chunk: the range that was passed to `places`, or the beginning of it.
  ///   - runs: the blocks that have a value, in ascending order.
  ///   - origin: the rank that computed the values; nil if an earlier job did.
  ///   - coded: the values' bytes for the other ranks, if no value is missing.
  /// - Returns: the first value that can't be sent; it and all values after it were not taken over.
  func receive(_ chunk: Range<Int>, _ runs: [Range<Int>], from origin: Origin?, coded: CodedPart?) -> BadValue?

  /// Takes over an item that has failed for good. Only if the verb keeps failures.
  ///
  /// - Returns: whether it did; otherwise failed items are kept until the end of the call.
  func takeFailure(_ item: FailedItem) -> Bool

  /// The lowest block so far whose value decides the call, so that no block after it is needed; nil if there is none.
  var decisive: Int? { get }

  /// Whether values that an earlier job has stored are passed on before their turn.
  var passesStoredValues: Bool { get }

  /// Frees the values, because the call has failed.
  func abandon()
}

extension Sink {
  func takeFailure(_ item: FailedItem) -> Bool { false }
  var decisive: Int? { nil }
  var passesStoredValues: Bool { false }
}

/// The rank that computed values, and the time it took.
struct Origin {
  let rank: Int
  /// The mean time per block, in nanoseconds.
  let nanoseconds: Int
}

/// A value that can't be encoded, or can't be decoded again.
struct BadValue {
  let index: Int
  let error: WireError
}

/// The encoded bytes of some values.
struct CodedPart {
  let range: Range<Int>
  let bytes: UnsafeRawBufferPointer
  /// Keeps the bytes alive.
  let owner: AnyObject
}

extension Sink {
  /// Decodes a chunk's values and takes them over.
  ///
  /// - Parameters:
  ///   - bytes: the encoded values, without gaps for failed items.
  ///   - owner: the object that keeps the bytes alive.
  /// - Returns: the first value that can't be decoded or sent; it and all values after it are not taken over.
  func read(
    _ report: ChunkReport, of rank: Int, from bytes: UnsafeRawBufferPointer, owner: AnyObject
  ) -> BadValue? {
    let places = places(report.chunk)
    func place(_ range: Range<Int>) -> UnsafeMutableBufferPointer<Value> {
      UnsafeMutableBufferPointer(rebasing: places[range.shifted(by: -report.chunk.lowerBound)])
    }
    var runs = report.computed
    var bad: BadValue?
    var coded: CodedPart?
    if report.failures.isEmpty {
      let (done, error) = Items.read(place(report.done), from: bytes)
      if let error {
        bad = BadValue(index: report.chunk.lowerBound + done, error: error)
        runs = done == 0 ? [] : [report.chunk.prefix(done)]
      } else {
        coded = CodedPart(range: report.done, bytes: bytes, owner: owner)
      }
    } else {
      let buffer = UnsafeMutableBufferPointer<Value>.allocate(capacity: report.completed - report.failures.count)
      defer { buffer.deallocate() }
      let (done, error) = Items.read(buffer, from: bytes)
      var moved = 0
      var kept: [Range<Int>] = []
      for run in runs {
        let part = run.prefix(min(run.count, done - moved))
        if !part.isEmpty {
          _ = place(part).moveInitialize(fromContentsOf: buffer[moved..<(moved + part.count)])
          kept.append(part)
        }
        moved += part.count
        if part.count < run.count, let error {
          bad = BadValue(index: part.upperBound, error: error)
          break
        }
      }
      runs = kept
    }
    return receive(report.chunk, runs, from: Origin(report, rank: rank), coded: coded) ?? bad
  }
}

extension Origin {
  init(_ report: ChunkReport, rank: Int) {
    self.init(rank: rank, nanoseconds: report.nanoseconds / max(1, report.completed))
  }
}
