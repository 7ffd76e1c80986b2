import Foundation
import GRDB

/// A row of the table `calls`.
struct StoredCall {
  let id: Int64
  let label: String?
  let place: String
  let items: Int
  let digest: Data
  /// A digest that doesn't depend on the order of the items.
  let bag: Data
  let element: String
  let result: String
  let form: String
  let shape: String
  /// Whether the digests of the items are stored with the results.
  let perItem: Bool
  /// The program that last used the call, see `ProgramIdentity`.
  let program: String
  /// The last job whose notes were added to `suspects`.
  let run: Data?

  /// - Throws: `CheckpointError.damaged` if the row is invalid.
  init(_ row: Row, _ errors: ErrorTranslator) throws {
    func value<Value: DatabaseValueConvertible>(_ column: String, _ type: Value.Type = Value.self) throws -> Value {
      guard let value = Value.fromDatabaseValue(row[column]) else { throw errors.damaged("column \(column) of calls") }
      return value
    }
    id = try value("call")
    label = String.fromDatabaseValue(row["label"])
    place = try value("place")
    items = try value("items")
    digest = try value("digest")
    bag = try value("bag")
    element = try value("element")
    result = try value("result")
    form = try value("form")
    shape = try value("shape")
    perItem = try value("resume", String.self) == "perItem"
    program = try value("program")
    run = Data.fromDatabaseValue(row["run"])
    guard id > 0, id < 1 << 22, items >= 0, items < RowRange.maxItems else { throw errors.damaged("a row of calls") }
  }

  /// Returns the calls that meet a condition, oldest first, at most `limit`: a loop may have made many calls.
  static func all(
    _ db: Database, _ errors: ErrorTranslator, where condition: String, _ arguments: StatementArguments, limit: Int = -1
  ) throws -> [StoredCall] {
    var calls: [StoredCall] = []
    let rows = try Row.fetchCursor(
      db, sql: "SELECT * FROM calls WHERE \(condition) ORDER BY call LIMIT \(limit)", arguments: arguments)
    while let row = try rows.next() { calls.append(try StoredCall(row, errors)) }
    return calls
  }

  var rows: RowRange { RowRange(call: id) }

  /// The source file of the call, such as `Fits/Fits.swift`, which stays the same when lines move.
  var source: Substring { StoredCall.source(place) }
  var module: Substring { StoredCall.module(place) }

  /// Returns a place or label with the number of the round, which distinguishes repeated calls in a run.
  static func name(_ text: String, round: Int) -> String { round == 1 ? text : "\(text)\(roundMark)\(round)" }
  /// Returns the round's number from a place; empty for the first round.
  static func round(_ place: String) -> Substring {
    place.range(of: roundMark, options: .backwards).map { place[$0.upperBound...] } ?? ""
  }
  private static let roundMark = ", time "

  static func source(_ place: String) -> Substring { place.prefix(upTo: place.lastIndex(of: ":") ?? place.endIndex) }
  static func module(_ place: String) -> Substring { place.prefix { $0 != "/" } }
}
