import Foundation
import GRDB
@_spi(CheckpointStore) import SeppoMPI
import SeppoWire

/// Moves a call's results to the current indices of their items. Of equal items, the first without a result gets it.
///
/// Results of removed items move to indices after the last item, where no map reads them: the items may come back.
struct Rearrangement {
  let db: Database
  /// The call as it was before.
  let call: StoredCall
  let errors: ErrorTranslator

  private struct Move {
    let from: Int64
    let to: Int64
  }

  /// - Parameter items: The digests of the current items.
  func apply(_ items: [Int64]) throws {
    let moves = try plan(items)
    let read = try db.makeStatement(sql: "SELECT bytes, checksum FROM stored WHERE id = ?")
    let update = try db.makeStatement(sql: "UPDATE stored SET id = ?, checksum = ? WHERE id = ?")
    for move in moves {
      guard let row = try Row.fetchOne(read, arguments: [move.from]), let bytes = Data.fromDatabaseValue(row["bytes"]),
        Int64.fromDatabaseValue(row["checksum"]) == bytes.withUnsafeBytes({ Digest.checksum(row: move.from, $0) })
      else { throw errors.damaged("the result of item \(call.rows.item(move.from)) doesn't match its checksum") }
      let checksum = bytes.withUnsafeBytes { Digest.checksum(row: move.to, $0) }
      // A negative id for now: the final one may still belong to another result.
      try update.execute(arguments: [-move.to, checksum, move.from])
    }
    try db.execute(sql: "UPDATE stored SET id = -id WHERE id < 0")
    // Their ranges refer to the old indices.
    try db.execute(sql: "DELETE FROM suspects WHERE call = ?", arguments: [call.id])
  }

  private func plan(_ items: [Int64]) throws -> [Move] {
    let rows = try read()
    let order = items.indices.sorted { (items[$0], $0) < (items[$1], $1) }
    var moves: [Move] = []
    var orphans: [Int64] = []
    var next = 0
    for (digest, row) in rows.sorted(by: <) {
      while next < order.count, items[order[next]] < digest { next += 1 }
      if next < order.count, items[order[next]] == digest {
        moves.append(Move(from: row, to: call.rows.row(order[next])))
        next += 1
      } else if row < call.rows.row(items.count) {
        orphans.append(row)
      }
    }
    let end = max(call.rows.row(items.count), (rows.map(\.row).max() ?? 0) + 1)
    for (index, row) in orphans.enumerated() { moves.append(Move(from: row, to: end + Int64(index))) }
    return moves.filter { $0.from != $0.to }
  }

  private func read() throws -> [(digest: Int64, row: Int64)] {
    var found: [(digest: Int64, row: Int64)] = []
    let rows = try Row.fetchCursor(
      db, sql: "SELECT id, digest FROM stored WHERE id >= ? AND id < ?", arguments: [call.rows.first, call.rows.end])
    while let row = try rows.next() {
      guard let id = Int64.fromDatabaseValue(row["id"]), let digest = Int64.fromDatabaseValue(row["digest"]) else {
        throw errors.damaged("a row of stored")
      }
      found.append((digest, id))
    }
    return found
  }
}
