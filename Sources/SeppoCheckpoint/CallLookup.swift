import Foundation
import GRDB
@_spi(CheckpointStore) import SeppoMPI
import SeppoWire

/// Finds the row of a call in the file, or inserts one.
struct CallLookup {
  let db: Database
  let work: CheckpointWork
  /// The label that the caller gave.
  let givenLabel: String?
  let resume: Checkpoint.Resume
  let digests: WorkDigests
  let errors: ErrorTranslator

  private var file: String { errors.file }
  private var label: String? { givenLabel.map { StoredCall.name($0, round: work.round) } }
  private var place: String { StoredCall.name(work.place, round: work.round) }
  private var name: String { label ?? place }

  /// Returns the row, updated for this call.
  ///
  /// - Throws: `CheckpointError` if the file holds other work.
  func find() throws -> StoredCall {
    guard let call = try search() else { return try insert() }
    try compareTypes(call)
    let perItem = try compareItems(call)
    try db.execute(
      sql: """
        UPDATE calls SET label = ?, place = ?, items = ?, digest = ?, bag = ?, shape = ?, resume = ?, program = ?
        WHERE call = ?
        """,
      arguments: [
        label ?? call.label, place, work.count, digests.whole, digests.bag, work.shape, perItem ? "perItem" : "whole",
        // A matching line doesn't prove that it is the same call. Keeping the old program lets a later call, from a
        // line that the file doesn't know, still be compared with this row.
        label == nil ? call.program : ProgramIdentity.digest, call.id,
      ])
    return try reread(call.id)
  }

  private func search() throws -> StoredCall? {
    if let label {
      // The label may be the line of a call without a label: error messages suggest such labels.
      if let call = try first("label = ?", label) ?? first("label IS NULL AND place = ?", label) { return call }
      // In the same build of the program, a labeled call and an unlabeled one on the same line are different calls,
      // as in a function with two callers. In another build, the label may have been added to the unlabeled call.
      guard let call = try first("label IS NULL AND place = ? AND program <> ?", place, ProgramIdentity.digest),
        isSame(call)
      else {
        return nil
      }
      throw otherWork(
        "a map of the same items without a label, from another build of the program",
        """
        one with a label, which may be the same call or a new one. If it is the same, use label: "\(call.place)". \
        If it is new, use another file
        """)
    }
    if let call = try first("label IS NULL AND place = ?", place) {
      try checkIsUnambiguous(call)
      return call
    }
    // Lines, files and modules change only between builds. In the same build, another place is another call.
    if let twin = try unlabeledTwins(and: "program <> ?", [ProgramIdentity.digest]).first(where: isSame) {
      throw otherWork(
        "a map of the same items at \(twin.place), from another build of the program",
        """
        one at another place, which may be the same call or a new one. If it is the same, use label: "\(twin.place)". \
        If it is new, use any other label
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
      now: "one of the program \(module)")
  }

  private func first(_ condition: String, _ arguments: (any DatabaseValueConvertible)...) throws -> StoredCall? {
    try StoredCall.all(db, errors, where: condition, StatementArguments(arguments), limit: 1).first
  }

  /// Returns the calls without a label that mapped the same items.
  private func unlabeledTwins(and condition: String = "true", _ arguments: StatementArguments = []) throws
    -> [StoredCall]
  {
    try StoredCall.all(
      db, errors, where: "label IS NULL AND digest = ? AND \(condition)", [digests.whole] + arguments)
  }

  /// Rejects an ambiguous match. After an edit of the program, another call may be on this line. If it maps the same
  /// items to the same type, nothing but the line distinguishes the two, and it would get the other's results.
  private func checkIsUnambiguous(_ call: StoredCall) throws {
    guard call.program != ProgramIdentity.digest else { return }
    let twins = try unlabeledTwins().filter { $0.source == call.source && isSame($0) }
    guard twins.count > 1 else { return }
    throw otherWork(
      "one of \(twins.count) maps of the same items in another build of the program, which differ only in their line",
      "a map on a line where that build may have had another one. If it is the same, use label: \"\(call.place)\"")
  }

  private func isSame(_ call: StoredCall) -> Bool {
    call.items == work.count && call.element == work.element && call.result == work.result && call.form == work.form
      && call.digest == digests.whole && StoredCall.round(call.place) == StoredCall.round(place)
  }

  private func insert() throws -> StoredCall {
    try db.execute(
      sql: """
        INSERT INTO calls (label, place, items, digest, bag, element, result, form, shape, resume, program)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        """,
      arguments: [
        label, place, work.count, digests.whole, digests.bag, work.element, work.result, work.form, work.shape,
        resume.rawValue, ProgramIdentity.digest,
      ])
    return try reread(db.lastInsertedRowID)
  }

  private func reread(_ id: Int64) throws -> StoredCall {
    guard let row = try Row.fetchOne(db, sql: "SELECT * FROM calls WHERE call = ?", arguments: [id]) else {
      throw errors.damaged("a row of calls is missing")
    }
    return try StoredCall(row, errors)
  }

  private func compareTypes(_ call: StoredCall) throws {
    guard call.element == work.element else {
      throw otherWork("items of type \(call.element)", "of type \(work.element)")
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

  /// As long as a call has no results, its result type may change.
  private func hasResults(_ call: StoredCall) throws -> Bool {
    try Bool.fetchOne(
      db, sql: "SELECT EXISTS (SELECT 1 FROM stored WHERE id >= ? AND id < ?)",
      arguments: [call.rows.first, call.rows.end]) ?? false
  }

  /// - Returns: Whether the items' digests are stored from now on.
  private func compareItems(_ call: StoredCall) throws -> Bool {
    if call.digest == digests.whole, call.items == work.count {
      if resume == .perItem, !call.perItem { try storeDigests(call) }
      return call.perItem || resume == .perItem
    }
    if !call.perItem || resume == .whole, call.items == work.count, call.bag == digests.bag {
      throw CheckpointError.otherOrder(file: file, label: name)
    }
    guard resume == .perItem else {
      if call.items != work.count { throw otherWork("\(call.items) items", "\(work.count) items") }
      throw otherWork("\(call.items) items", "the same number of items with different values")
    }
    guard call.perItem else {
      throw otherWork(
        "\(call.items) items, stored without a digest of each item, so unchanged items can't be recognized",
        work.count == call.items ? "the same number of items with different values" : "\(work.count) items")
    }
    try Rearrangement(db: db, call: call, errors: errors).apply(digests.items)
    return true
  }

  private func otherWork(_ stored: String, _ now: String) -> CheckpointError {
    .otherWork(file: file, label: name, stored: stored, now: now)
  }

  private func storeDigests(_ call: StoredCall) throws {
    let update = try db.makeStatement(sql: "UPDATE stored SET digest = ? WHERE id = ?")
    for (item, digest) in digests.items.enumerated() {
      try update.execute(arguments: [digest, call.rows.row(item)])
    }
  }
}
