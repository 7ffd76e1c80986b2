import Foundation
@_spi(CheckpointStore) import SeppoMPI

/// The file beside the database in which this job notes what its ranks have in hand.
///
/// It outlives this process, killed at whatever moment, but not a power failure: it is never waited for.
final class InFlightFile: Sendable {
  private let location: FileLocation
  /// Open until the last reference has gone, so that a late note meets this file or none.
  private let descriptor: Int32
  private let run: Data

  /// Makes the file under a name of its own. The notes of an earlier job stay until `begin()`.
  init(_ location: FileLocation, call: Int64) throws {
    self.location = location
    run = withUnsafeBytes(of: UUID().uuid) { Data($0) }
    descriptor = open(InFlightFile.newName(location), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else { throw FileLocation.failure(errno, location.given) }
    var start = InFlightLayout.header(run: run, call: call, owner: JobName.text())
    start += [UInt8](repeating: 0, count: InFlightLayout.deadSize)
    do {
      try write(start, at: 0)
    } catch {
      abandon()
      throw error
    }
  }

  deinit { if descriptor >= 0 { close(descriptor) } }

  private static func newName(_ location: FileLocation) -> String { location.inFlight + "-new" }

  func begin() throws {
    guard rename(InFlightFile.newName(location), location.inFlight) == 0 else {
      throw FileLocation.failure(errno, location.given)
    }
  }

  /// Takes back a file that wasn't begun.
  func abandon() { unlink(InFlightFile.newName(location)) }

  func remove() { unlink(location.inFlight) }

  func note(slot: Int, rank: Int, items: Range<Int>) throws {
    try write(InFlightLayout.slot(rank: rank, items: items, run: run), at: place(slot))
  }

  func clear(slot: Int) throws { try write(InFlightLayout.emptySlot, at: place(slot)) }

  func note(dead ranks: [Int]) throws {
    try write(InFlightLayout.dead(ranks, run: run), at: InFlightLayout.deadOffset)
  }

  /// What a signal handler writes where rank 0 dies of a fault.
  var crashNote: CheckpointCrashNote {
    CheckpointCrashNote(
      file: descriptor, offset: InFlightLayout.deadOffset, afterFault: InFlightLayout.dead([0], run: run),
      afterRequest: InFlightLayout.dead([], run: run))
  }

  private func place(_ slot: Int) -> Int { InFlightLayout.slotsOffset + slot * InFlightLayout.slotSize }

  private func write(_ bytes: [UInt8], at offset: Int) throws {
    try bytes.withUnsafeBytes { bytes in
      var done = 0
      while done < bytes.count {
        let count = pwrite(descriptor, bytes.baseAddress! + done, bytes.count - done, off_t(offset + done))
        if count >= 0 {
          done += count
        } else if errno != EINTR {
          throw FileLocation.failure(errno, location.given)
        }
      }
    }
  }

  /// The notes of a job that didn't end well; nil where there are none that can be understood.
  static func read(_ path: String) -> InFlightRecord? { contents(path)?.notes }

  /// The job whose notes these are: the one that has the database open, where there is one.
  static func owner(of path: String) -> String? { contents(path)?.owner }

  private static func contents(_ path: String) -> (notes: InFlightRecord, owner: String)? {
    guard let bytes = FileManager.default.contents(atPath: path) else { return nil }
    return InFlightLayout.read(Array(bytes))
  }
}
