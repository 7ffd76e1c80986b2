import Foundation
import GRDB
@_spi(CheckpointStore) import SeppoMPI
import SeppoWire

/// Finds a call's row in the file, or begins one.
struct CallSearch {
  let db: Database
  let work: CheckpointWork
  /// What the caller calls it.
  let given: String?
  let resume: Checkpoint.Resume
  let digests: WorkDigests
  let failure: Failure

  private var file: String { failure.file }
  private var label: String? { given.map { StoredCall.name($0, round: work.round) } }
  private var place: String { StoredCall.name(work.place, round: work.round) }
  private var name: String { label ?? place }

  /// - Returns: the row as it is now, and whether the items' digests are stored with results.
  /// - Throws: `CheckpointError` where what is there belongs to other work.
  func find() throws -> StoredCall {
    guard let call = try search() else { return try begin() }
    try compareTypes(call)
    let perItem = try compareItems(call)
    try db.execute(
      sql: """
        UPDATE calls SET label = ?, place = ?, items = ?, digest = ?, bag = ?, shape = ?, resume = ?, program = ?
        WHERE call = ?
        """,
      arguments: [
        label ?? call.label, place, work.count, digests.whole, digests.bag, work.shape, perItem ? "perItem" : "whole",
        // A line alone doesn't say that it is the same call. So one that comes later, from a line that the file doesn't know,
        // is still told of this one.
        label == nil ? call.program : Program.name, call.id,
      ])
    return try reread(call.id)
  }

  private func search() throws -> StoredCall? {
    if let label {
      // The line of a call without a label may be that label: so results are told which of two calls they belong to.
      if let call = try first("label = ?", label) ?? first("label IS NULL AND place = ?", label) { return call }
      // In the very program that stored them, a label is given by one of a line's callers, and it is another call. In one
      // that was edited, it may be the call that had none, or a new one at its line.
      guard let call = try first("label IS NULL AND place = ? AND program <> ?", place, Program.name), isSame(call)
      else {
        return nil
      }
      throw other(
        "a map of the same items, which had no label in another build of the program",
        """
        one with a label, which may be that one or a new one; label: "\(call.place)" says that it is that one, and a new one \
        needs another file
        """)
    }
    if let call = try first("label IS NULL AND place = ?", place) {
      try checkOnlyOne(call)
      return call
    }
    // Lines move, and files and modules get other names, when a program is edited: not in the very program that stored
    // them. There it is another call, which maps the same items.
    if let twin = try ofSameItems(and: "program <> ?", [Program.name]).first(where: isSame) {
      throw other(
        "a map of the same items at \(twin.place), in another build of the program",
        """
        one at another place, which may be that one or a new one; label: "\(twin.place)" says that it is that one, any other \
        label that it is new
        """)
    }
    let module = String(StoredCall.module(work.place))
    let ofModule = "substr(place, 1, ?) = ?"
    let start = module + "/"
    guard let call = try first("true"), try first(ofModule, start.unicodeScalars.count, start) == nil else {
      return nil
    }
    throw CheckpointError.otherWork(
      file: file, label: call.label ?? call.place, stored: "a map of the program \(call.module)",
      now: "one of \(module)")
  }

  private func first(_ condition: String, _ arguments: (any DatabaseValueConvertible)...) throws -> StoredCall? {
    try StoredCall.all(db, failure, where: condition, StatementArguments(arguments), most: 1).first
  }

  /// Those without a label.
  private func ofSameItems(and condition: String = "true", _ arguments: StatementArguments = []) throws -> [StoredCall]
  {
    try StoredCall.all(
      db, failure, where: "label IS NULL AND digest = ? AND \(condition)", [digests.whole] + arguments)
  }

  /// Where the program was edited, another of its calls may stand where this one stood: if that maps the same items to the
  /// same type, nothing else would tell it from this one, and it would get results that aren't its own.
  private func checkOnlyOne(_ call: StoredCall) throws {
    guard call.program != Program.name else { return }
    let twins = try ofSameItems().filter { $0.source == call.source && isSame($0) }
    guard twins.count > 1 else { return }
    throw other(
      "one of \(twins.count) maps of the same items in another build of the program, told apart by their lines only",
      "one in this build, whose line may be another's of then; label: \"\(call.place)\" says that it is that one")
  }

  private func isSame(_ call: StoredCall) -> Bool {
    call.items == work.count && call.element == work.element && call.result == work.result && call.form == work.form
      && call.digest == digests.whole && StoredCall.round(call.place) == StoredCall.round(place)
  }

  private func begin() throws -> StoredCall {
    try db.execute(
      sql: """
        INSERT INTO calls (label, place, items, digest, bag, element, result, form, shape, resume, program)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        """,
      arguments: [
        label, place, work.count, digests.whole, digests.bag, work.element, work.result, work.form, work.shape,
        resume.rawValue, Program.name,
      ])
    return try reread(db.lastInsertedRowID)
  }

  private func reread(_ id: Int64) throws -> StoredCall {
    guard let row = try Row.fetchOne(db, sql: "SELECT * FROM calls WHERE call = ?", arguments: [id]) else {
      throw failure.damaged("a row of calls has gone")
    }
    return try StoredCall(row, failure)
  }

  private func compareTypes(_ call: StoredCall) throws {
    guard call.element == work.element else {
      throw other("items of type \(call.element)", "of type \(work.element)")
    }
    guard call.result == work.result else {
      throw CheckpointError.otherType(file: file, label: name, stored: call.result, now: work.result)
    }
    guard call.form == work.form else {
      throw CheckpointError.otherType(
        file: file, label: name, stored: "\(call.result), stored as \(call.form)",
        now: "\(work.result), to be stored as \(work.form)")
    }
    guard try call.shape == work.shape || !hasResults(call) else {
      let (stored, now) = ResultShape.difference(call.shape, work.shape)
      throw CheckpointError.otherType(file: file, label: name, stored: stored, now: now)
    }
  }

  /// Where there are none, the type may be edited still.
  private func hasResults(_ call: StoredCall) throws -> Bool {
    try Bool.fetchOne(
      db, sql: "SELECT EXISTS (SELECT 1 FROM stored WHERE id >= ? AND id < ?)",
      arguments: [call.rows.first, call.rows.end]) ?? false
  }

  /// - Returns: whether items' digests are stored from now on.
  private func compareItems(_ call: StoredCall) throws -> Bool {
    if call.digest == digests.whole, call.items == work.count {
      if resume == .perItem, !call.perItem { try fillIn(call) }
      return call.perItem || resume == .perItem
    }
    if !call.perItem || resume == .whole, call.items == work.count, call.bag == digests.bag {
      throw CheckpointError.otherOrder(file: file, label: name)
    }
    guard resume == .perItem else {
      if call.items != work.count { throw other("\(call.items) items", "\(work.count) items") }
      throw other("\(call.items) items", "the same number of items with other values")
    }
    guard call.perItem else {
      throw other(
        "\(call.items) items, stored without a digest of each, so that nobody can tell which are the same",
        work.count == call.items ? "the same number of items with other values" : "\(work.count) items")
    }
    try Rearrangement(db: db, call: call, failure: failure).apply(digests.items)
    return true
  }

  private func other(_ stored: String, _ now: String) -> CheckpointError {
    .otherWork(file: file, label: name, stored: stored, now: now)
  }

  private func fillIn(_ call: StoredCall) throws {
    let update = try db.makeStatement(sql: "UPDATE stored SET digest = ? WHERE id = ?")
    for (item, digest) in digests.items.enumerated() {
      try update.execute(arguments: [digest, call.rows.row(item)])
    }
  }
}
