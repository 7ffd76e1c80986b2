import Foundation
import GRDB

/// The table `suspects`, which stores the quarantine. Items that have a result by now are removed when the file is
/// opened, so that storing a result needs no access to this table.
struct QuarantineTable {
  let db: Database
  let errors: ErrorTranslator

  /// Adds the notes of a job that died, whichever call it was running. Repeated calls add the same notes once.
  func merge(_ notes: InFlightRecord) throws {
    let row = try Row.fetchOne(db, sql: "SELECT * FROM calls WHERE call = ?", arguments: [notes.call])
    guard let call = try row.map({ try StoredCall($0, errors) }), call.run != notes.run else { return }
    var quarantine = try read(call)
    quarantine.add(notes)
    try write(quarantine.limited(to: call.items), call)
    try db.execute(sql: "UPDATE calls SET run = ? WHERE call = ?", arguments: [notes.run, call.id])
  }

  /// Adds items whose own processes have died, with the number of deaths.
  func add(crashes: [Int: Int], _ call: StoredCall) throws {
    var quarantine = try read(call)
    quarantine.add(crashes: crashes)
    try write(quarantine, call)
  }

  func prune(_ call: StoredCall) throws { try write(read(call), call) }

  func read(_ call: StoredCall) throws -> Quarantine {
    let rows = try Row.fetchCursor(
      db, sql: "SELECT lower, upper, deaths, certain FROM suspects WHERE call = ? ORDER BY lower", arguments: [call.id])
    var entries: [Quarantine.Entry] = []
    while let row = try rows.next() {
      guard let lower = Int.fromDatabaseValue(row["lower"]), let upper = Int.fromDatabaseValue(row["upper"]),
        let deaths = Int.fromDatabaseValue(row["deaths"]), let isCertain = Bool.fromDatabaseValue(row["certain"]),
        deaths >= 0, lower >= entries.last?.items.upperBound ?? 0,
        lower < upper, upper <= RowRange.maxItems
      else { throw errors.damaged("a row of suspects") }
      entries.append(Quarantine.Entry(items: lower..<upper, deaths: deaths, isCertain: isCertain))
    }
    return Quarantine(entries)
  }

  private func write(_ quarantine: Quarantine, _ call: StoredCall) throws {
    let rest = try quarantine.without { items, body in
      let rows = try Int64.fetchCursor(
        db, sql: "SELECT id FROM stored WHERE id >= ? AND id < ? ORDER BY id",
        arguments: [call.rows.row(items.lowerBound), call.rows.row(items.upperBound)])
      while let row = try rows.next() { body(call.rows.item(row)) }
    }
    try db.execute(sql: "DELETE FROM suspects WHERE call = ?", arguments: [call.id])
    let insert = try db.makeStatement(sql: "INSERT INTO suspects VALUES (?, ?, ?, ?, ?)")
    for entry in rest.entries {
      try insert.execute(
        arguments: [
          call.id, entry.items.lowerBound, entry.items.upperBound, entry.deaths, entry.isCertain,
        ])
    }
  }
}
