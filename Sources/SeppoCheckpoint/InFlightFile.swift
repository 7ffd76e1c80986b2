import Foundation
@_spi(CheckpointStore) import SeppoMPI

/// The file next to the database that records which items are in flight on which rank.
///
/// It survives a kill of this process at any moment, but not a power failure: it is never synced to the disk.
final class InFlightFile: Sendable {
  private let location: FileLocation
  /// Open as long as this object exists, so that a late note can't reach another file.
  private let descriptor: Int32
  private let run: Data

  /// Creates the file under a temporary name. The file of an earlier job stays until `publish()`.
  init(_ location: FileLocation, call: Int64) throws {
    self.location = location
    run = withUnsafeBytes(of: UUID().uuid) { Data($0) }
    descriptor = open(InFlightFile.newName(location), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else { throw FileLocation.error(errno, location.given) }
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

  /// Replaces the file of an earlier job.
  func publish() throws {
    guard rename(InFlightFile.newName(location), location.inFlight) == 0 else {
      throw FileLocation.error(errno, location.given)
    }
  }

  /// Removes a file that wasn't published.
  func abandon() { unlink(InFlightFile.newName(location)) }

  func remove() { unlink(location.inFlight) }

  func note(slot: Int, rank: Int, items: Range<Int>) throws {
    try write(InFlightLayout.slot(rank: rank, items: items, run: run), at: offset(slot))
  }

  func clear(slot: Int) throws { try write(InFlightLayout.emptySlot, at: offset(slot)) }

  func note(dead ranks: [Int]) throws {
    try write(InFlightLayout.dead(ranks, run: run), at: InFlightLayout.deadOffset)
  }

  /// The bytes that a signal handler writes when rank 0 is terminated by a signal.
  var crashNote: CheckpointCrashNote {
    CheckpointCrashNote(
      file: descriptor, offset: InFlightLayout.deadOffset, afterFault: InFlightLayout.dead([0], run: run),
      afterRequest: InFlightLayout.dead([], run: run))
  }

  private func offset(_ slot: Int) -> Int { InFlightLayout.slotsOffset + slot * InFlightLayout.slotSize }

  private func write(_ bytes: [UInt8], at offset: Int) throws {
    try bytes.withUnsafeBytes { bytes in
      var done = 0
      while done < bytes.count {
        let count = pwrite(descriptor, bytes.baseAddress! + done, bytes.count - done, off_t(offset + done))
        if count >= 0 {
          done += count
        } else if errno != EINTR {
          throw FileLocation.error(errno, location.given)
        }
      }
    }
  }

  /// Returns the notes of a job that ended abnormally, or nil if there are none that are readable.
  static func read(_ path: String) -> InFlightRecord? { contents(path)?.notes }

  /// Returns the name of the job that wrote the notes. If the database is open, it is the job that has it open.
  static func owner(of path: String) -> String? { contents(path)?.owner }

  private static func contents(_ path: String) -> (notes: InFlightRecord, owner: String)? {
    guard let bytes = FileManager.default.contents(atPath: path) else { return nil }
    return InFlightLayout.read(Array(bytes))
  }
}
