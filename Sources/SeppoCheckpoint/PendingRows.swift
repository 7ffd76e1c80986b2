import Foundation
@_spi(CheckpointStore) import SeppoMPI
import SeppoWire

/// Results that have come, until they are handed to the database together: one by one that takes longer.
struct PendingRows {
  struct Row {
    let item: Int
    let time: Double
    let rank: Int
    let host: Int
    let seconds: Double
    let checksum: Int64
    /// Where they end in `bytes`; they begin where the row before ends.
    let bytesEnd: Int
    /// Where it ends, after the bytes; nil where there is none.
    let jsonEnd: Int?

    var end: Int { jsonEnd ?? bytesEnd }
  }

  private(set) var rows: [Row] = []
  private(set) var bytes: [UInt8] = []
  /// A row's `host` says which. They stay: a job has few.
  private(set) var hosts: [String] = []
  private var numbers: [String: Int] = [:]
  private var last = (name: "", number: -1)

  /// Whether there is enough to make it worth its while; and no more memory is taken then.
  var isMuch: Bool { rows.count >= 1_000 || bytes.count >= 1 << 20 }

  mutating func append(_ result: CheckpointResult, row: Int64, json: [UInt8]?) {
    bytes.append(contentsOf: result.bytes)
    let bytesEnd = bytes.count
    if let json { bytes += json }
    rows.append(
      Row(
        item: result.item, time: result.time, rank: result.rank, host: number(result.host), seconds: result.seconds,
        checksum: Digest.checksum(row: row, result.bytes), bytesEnd: bytesEnd, jsonEnd: json == nil ? nil : bytes.count)
    )
  }

  mutating func removeAll() {
    rows.removeAll(keepingCapacity: true)
    bytes.removeAll(keepingCapacity: bytes.count <= 4 << 20)
  }

  private mutating func number(_ host: String) -> Int {
    if host == last.name, last.number >= 0 { return last.number }
    let number = numbers[host] ?? hosts.count
    if number == hosts.count {
      numbers[host] = number
      hosts.append(host)
    }
    last = (host, number)
    return number
  }
}
