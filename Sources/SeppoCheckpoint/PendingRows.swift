import Foundation
@_spi(CheckpointStore) import SeppoMPI
import SeppoWire

/// Results that wait to be written to the database together, which is faster than one by one.
struct PendingRows {
  struct Row {
    let item: Int
    let time: Double
    let rank: Int
    let host: Int
    let seconds: Double
    let checksum: Int64
    /// The end of the result in `bytes`. It starts at the end of the previous row.
    let bytesEnd: Int
    /// The end of the JSON, which follows the result; nil without JSON.
    let jsonEnd: Int?

    var end: Int { jsonEnd ?? bytesEnd }
  }

  private(set) var rows: [Row] = []
  private(set) var bytes: [UInt8] = []
  /// The host names, indexed by a row's `host`. Never removed: a job has few.
  private(set) var hosts: [String] = []
  private var hostIndices: [String: Int] = [:]
  private var last = (name: "", index: -1)

  /// Whether the rows should be written now: enough for a batch, and a bound on memory.
  var isFull: Bool { rows.count >= 1_000 || bytes.count >= 1 << 20 }

  mutating func append(_ result: CheckpointResult, row: Int64, json: [UInt8]?) {
    bytes.append(contentsOf: result.bytes)
    let bytesEnd = bytes.count
    if let json { bytes += json }
    rows.append(
      Row(
        item: result.item, time: result.time, rank: result.rank, host: index(ofHost: result.host),
        seconds: result.seconds,
        checksum: Digest.checksum(row: row, result.bytes), bytesEnd: bytesEnd, jsonEnd: json == nil ? nil : bytes.count)
    )
  }

  mutating func removeAll() {
    rows.removeAll(keepingCapacity: true)
    bytes.removeAll(keepingCapacity: bytes.count <= 4 << 20)
  }

  private mutating func index(ofHost host: String) -> Int {
    if host == last.name, last.index >= 0 { return last.index }
    let index = hostIndices[host] ?? hosts.count
    if index == hosts.count {
      hostIndices[host] = index
      hosts.append(host)
    }
    last = (host, index)
    return index
  }
}
