// Stores results in the file given as first argument until it is killed, and prints the index of each result that was
// flushed. It resumes from the stored results, and first prints their number.
import Foundation
import SeppoCheckpoint
@_spi(CheckpointStore) import SeppoMPI

let path = CommandLine.arguments[1]
let count = 1_000_000
let work = CheckpointWork(
  place: "Storing/main.swift:1", count: count, element: "Int", result: "Int", form: "memory",
  eachItem: { body in for item in 0..<count { withUnsafeBytes(of: item) { body(item, $0) } } })

/// Some results are longer than a page, so that rows span several pages.
func result(_ item: Int) -> [UInt8] { [UInt8](repeating: UInt8(item % 251), count: item % 97 == 0 ? 9_000 : 8) }

do {
  let journal = try SQLiteStore(path: path, lockWait: .milliseconds(100)).open(for: work)
  var done = Set<Int>()
  try journal.load { item, bytes in
    guard Array(bytes) == result(item) else { fatalError("item \(item) is wrong") }
    done.insert(item)
  }
  let quarantine = journal.quarantine.map { "\($0.item):\($0.deaths)" }.joined(separator: ",")
  var line = "found \(done.count) quarantined \(quarantine)\n"
  FileHandle.standardOutput.write(Data(line.utf8))
  var batch: [Int] = []
  var next = 0
  while next < count {
    defer { next += 1 }
    if done.contains(next) { continue }
    try journal.note(slot: next % 3, rank: next % 3, items: next..<next + 1)
    try result(next).withUnsafeBytes {
      try journal.append(
        CheckpointResult(
          item: next, bytes: $0, value: next, time: Date().timeIntervalSince1970, rank: next % 3,
          host: "node\(next % 3)", seconds: 1e-5))
    }
    batch.append(next)
    if batch.count > next * 7_919 % 41 {
      try journal.flush()
      line = batch.map { "\($0)\n" }.joined()
      FileHandle.standardOutput.write(Data(line.utf8))
      batch = []
    }
  }
  journal.close()
} catch {
  print("\(type(of: error)) \(error)")
  exit(1)
}
