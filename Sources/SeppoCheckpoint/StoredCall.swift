import Foundation
import GRDB

/// A row of `calls`.
struct StoredCall {
  let id: Int64
  let label: String?
  let place: String
  let items: Int
  let digest: Data
  /// The same in whatever order the items are.
  let bag: Data
  let element: String
  let result: String
  let form: String
  let shape: String
  /// Whether rows bear the digests of their items.
  let perItem: Bool
  /// The program that found it here last, see `Program`.
  let program: String
  /// The last run whose notes have been folded into `suspects`.
  let run: Data?

  /// - Throws: `CheckpointError.damaged` where the row can't have been written by us.
  init(_ row: Row, _ failure: Failure) throws {
    func value<Value: DatabaseValueConvertible>(_ column: String, _ type: Value.Type = Value.self) throws -> Value {
      guard let value = Value.fromDatabaseValue(row[column]) else { throw failure.damaged("column \(column) of calls") }
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
    guard id > 0, id < 1 << 22, items >= 0, items < RowID.mostItems else { throw failure.damaged("a row of calls") }
  }

  /// Those of which this holds, oldest first. A loop's calls are many: so not more than are asked for.
  static func all(
    _ db: Database, _ failure: Failure, where condition: String, _ arguments: StatementArguments, most: Int = -1
  ) throws -> [StoredCall] {
    var calls: [StoredCall] = []
    let rows = try Row.fetchCursor(
      db, sql: "SELECT * FROM calls WHERE \(condition) ORDER BY call LIMIT \(most)", arguments: arguments)
    while let row = try rows.next() { calls.append(try StoredCall(row, failure)) }
    return calls
  }

  var rows: RowID { RowID(call: id) }

  /// The file with the call in it, as `Fits/Fits.swift`: what stays when lines move.
  var source: Substring { StoredCall.source(place) }
  var module: Substring { StoredCall.module(place) }

  /// A place or a label, told apart from that of the same call earlier in a run.
  static func name(_ text: String, round: Int) -> String { round == 1 ? text : "\(text)\(roundMark)\(round)" }
  /// What was put behind a place so; nothing for the first time.
  static func round(_ place: String) -> Substring {
    place.range(of: roundMark, options: .backwards).map { place[$0.upperBound...] } ?? ""
  }
  private static let roundMark = ", time "

  static func source(_ place: String) -> Substring { place.prefix(upTo: place.lastIndex(of: ":") ?? place.endIndex) }
  static func module(_ place: String) -> Substring { place.prefix { $0 != "/" } }
}
