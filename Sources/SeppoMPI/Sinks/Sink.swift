import SeppoEngine
import SeppoWire

/// Where the values of a call go on rank 0, as they come: one for each block of items, in any order.
///
/// One chunk after another it is asked for `places`, and told what has come there: once for each chunk, whatever came of it.
protocol Sink<Value>: AnyObject {
  associatedtype Value: Codable & Sendable

  /// Whether values stay in their places until the call's end, and any part of these may be asked for.
  static var keepsPlaces: Bool { get }

  /// Uninitialised memory for the values of these blocks, until `came`.
  func places(_ range: Range<Int>) -> UnsafeMutableBufferPointer<Value>

  /// Values stand in their places.
  ///
  /// - Parameters:
  ///   - chunk: whose places were asked for, or the beginning of that.
  ///   - runs: those blocks of it that have a value, in ascending order.
  ///   - origin: which rank computed them; nil where an earlier job did.
  ///   - coded: their bytes as the other ranks may get them, where all of them are there.
  /// - Returns: the first whose value can't travel, and why: that one and those behind it were not taken.
  func came(_ chunk: Range<Int>, _ runs: [Range<Int>], from origin: Origin?, coded: CodedPart?) -> BadValue?

  /// Lets go of what is there: the call has failed.
  func abandon()
}

/// Where values were computed.
struct Origin {
  let rank: Int
  /// What computing a block took, in nanoseconds: of several, their mean.
  let nanoseconds: Int
}

/// A value that can't be encoded, or not be decoded again.
struct BadValue {
  let index: Int
  let error: WireError
}

/// Some values in bytes, as one writer wrote them.
struct CodedPart {
  let range: Range<Int>
  let bytes: UnsafeRawBufferPointer
  /// Keeps the bytes.
  let owner: AnyObject
}

extension Sink {
  /// Reads a chunk's values, which come without gaps for those that failed, and takes them.
  ///
  /// - Parameter bytes: the values.
  /// - Returns: the first whose value can't be read or travel on: those behind it aren't taken.
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
      let room = UnsafeMutableBufferPointer<Value>.allocate(capacity: report.completed - report.failures.count)
      defer { room.deallocate() }
      let (done, error) = Items.read(room, from: bytes)
      var moved = 0
      var kept: [Range<Int>] = []
      for run in runs {
        let part = run.prefix(min(run.count, done - moved))
        if !part.isEmpty {
          _ = place(part).moveInitialize(fromContentsOf: room[moved..<(moved + part.count)])
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
    return came(report.chunk, runs, from: Origin(report, rank: rank), coded: coded) ?? bad
  }
}

extension Origin {
  init(_ report: ChunkReport, rank: Int) {
    self.init(rank: rank, nanoseconds: report.nanoseconds / max(1, report.completed))
  }
}
