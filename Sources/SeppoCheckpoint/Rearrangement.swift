import Foundation
import GRDB
@_spi(CheckpointStore) import SeppoMPI
import SeppoWire

/// Gives a call's results to the items that they are of, where the items have changed: wherever these stand now, and of
/// equal ones to the first that has none yet.
///
/// Results whose items have gone get places behind the last item, where no map sees them, as the items may come back.
struct Rearrangement {
  let db: Database
  /// As it was before.
  let call: StoredCall
  let failure: Failure

  private struct Move {
    let from: Int64
    let to: Int64
  }

  /// - Parameter items: their digests.
  func apply(_ items: [Int64]) throws {
    let moves = try plan(items)
    let read = try db.makeStatement(sql: "SELECT bytes, checksum FROM stored WHERE id = ?")
    let update = try db.makeStatement(sql: "UPDATE stored SET id = ?, checksum = ? WHERE id = ?")
    for move in moves {
      guard let row = try Row.fetchOne(read, arguments: [move.from]), let bytes = Data.fromDatabaseValue(row["bytes"]),
        Int64.fromDatabaseValue(row["checksum"]) == bytes.withUnsafeBytes({ Digest.checksum(row: move.from, $0) })
      else { throw failure.damaged("the result of item \(call.rows.item(move.from)) isn't what was stored") }
      let checksum = bytes.withUnsafeBytes { Digest.checksum(row: move.to, $0) }
      // Not yet where it belongs: another result may stand there still.
      try update.execute(arguments: [-move.to, checksum, move.from])
    }
    try db.execute(sql: "UPDATE stored SET id = -id WHERE id < 0")
    // Nobody knows whether these are the items that they were.
    try db.execute(sql: "DELETE FROM suspects WHERE call = ?", arguments: [call.id])
  }

  private func plan(_ items: [Int64]) throws -> [Move] {
    let rows = try read()
    let places = items.indices.sorted { (items[$0], $0) < (items[$1], $1) }
    var moves: [Move] = []
    var gone: [Int64] = []
    var next = 0
    for (digest, row) in rows.sorted(by: <) {
      while next < places.count, items[places[next]] < digest { next += 1 }
      if next < places.count, items[places[next]] == digest {
        moves.append(Move(from: row, to: call.rows.row(places[next])))
        next += 1
      } else if row < call.rows.row(items.count) {
        gone.append(row)
      }
    }
    let end = max(call.rows.row(items.count), (rows.map(\.row).max() ?? 0) + 1)
    for (index, row) in gone.enumerated() { moves.append(Move(from: row, to: end + Int64(index))) }
    return moves.filter { $0.from != $0.to }
  }

  private func read() throws -> [(digest: Int64, row: Int64)] {
    var found: [(digest: Int64, row: Int64)] = []
    let rows = try Row.fetchCursor(
      db, sql: "SELECT id, digest FROM stored WHERE id >= ? AND id < ?", arguments: [call.rows.first, call.rows.end])
    while let row = try rows.next() {
      guard let id = Int64.fromDatabaseValue(row["id"]), let digest = Int64.fromDatabaseValue(row["digest"]) else {
        throw failure.damaged("a row of stored")
      }
      found.append((digest, id))
    }
    return found
  }
}
