import Foundation
import GRDB
@_spi(CheckpointStore) package import SeppoMPI

/// Opens a checkpoint file: creates it, or verifies that it is an intact checkpoint of the same work.
package struct SQLiteStore: CheckpointStore {
  let path: String
  package let label: String?
  let json: Bool
  let resume: Checkpoint.Resume
  package let mostAtRisk: Int
  package let longestAtRisk: Duration
  package let deaths: Int
  /// How long to wait for a lock: a killed job may still be ending.
  private let lockWait: Duration

  package var name: String { path }
  package var identity: String { OpenFiles.shared.identity(of: path) }

  package init(
    path: String, label: String? = nil, json: Bool = false, resume: Checkpoint.Resume = .whole, mostAtRisk: Int = 1_000,
    longestAtRisk: Duration = .seconds(1), deaths: Int = 2, lockWait: Duration = .seconds(5)
  ) {
    self.path = path
    self.label = label
    self.json = json
    self.resume = resume
    self.mostAtRisk = mostAtRisk
    self.longestAtRisk = longestAtRisk
    self.deaths = deaths
    self.lockWait = lockWait
  }

  package func open(for work: CheckpointWork) throws -> any CheckpointJournal {
    let location = try FileLocation(path)
    try OpenFiles.shared.claim(location)
    do {
      return try open(location, work)
    } catch {
      OpenFiles.shared.release(location)
      throw error
    }
  }

  private func open(_ location: FileLocation, _ work: CheckpointWork) throws -> SQLiteJournal {
    let errors = ErrorTranslator(location: location)
    guard work.count < RowRange.maxItems else {
      throw CheckpointError.failed(file: path, reason: "it can't hold more than \(RowRange.maxItems) items")
    }
    var configuration = Configuration()
    configuration.foreignKeysEnabled = false
    // A transaction stays open over several calls of `append`.
    configuration.allowsUnsafeTransactions = true
    configuration.busyMode = .timeout(lockWait / .seconds(1))
    configuration.prepareDatabase { db in
      try db.execute(sql: "PRAGMA locking_mode = EXCLUSIVE; PRAGMA synchronous = FULL; PRAGMA cell_size_check = ON")
    }
    let queue: DatabaseQueue
    do {
      queue = try DatabaseQueue(path: location.path, configuration: configuration)
    } catch {
      throw errors.translate(error, nil)
    }
    return try queue.inDatabase { db in
      do {
        let opened = try FileOpener(db: db, location: location, store: self, work: work).open()
        OpenFiles.shared.opened(location)
        return SQLiteJournal(
          location: location, queue: queue, notes: opened.notes, call: opened.call, quarantine: opened.quarantine,
          writer: opened.writer, fingerprint: try FileFingerprint(db), longestRow: RowWriter.longestRow(db), json: json)
      } catch {
        throw errors.translate(error, db.sqliteConnection)
      }
    }
  }
}
