import Foundation
import SeppoCheckpoint
@_spi(CheckpointStore) import SeppoMPI
import Testing

/// A folder for one test, removed with the last reference.
final class TemporaryFolder {
  let path: String

  init() throws {
    path = FileManager.default.temporaryDirectory.path + "/seppo-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  func file(_ name: String = "fits.sqlite") -> String { path + "/" + name }

  /// Returns the names of the files in the folder.
  func contents() throws -> [String] { try FileManager.default.contentsOfDirectory(atPath: path).sorted() }

  func bytes(_ name: String = "fits.sqlite") throws -> Data { try Data(contentsOf: URL(fileURLWithPath: file(name))) }

  func write(_ bytes: Data, _ name: String = "fits.sqlite") throws {
    try bytes.write(to: URL(fileURLWithPath: file(name)))
  }

  /// Returns the output of the sqlite3 shell for a query.
  @discardableResult
  func query(_ query: String, _ name: String = "fits.sqlite") throws -> String {
    let job = try Program.run("/usr/bin/env", ["sqlite3", file(name), query])
    #expect(job.status == 0, "\(job.output)")
    return job.output
  }
}

extension CheckpointWork {
  static func of(
    _ items: [Int], at place: String = "Fits/Fits.swift:12", element: String = "Int", result: String = "Double",
    shape: String = "Double", form: String = "memory", round: Int = 1
  ) -> CheckpointWork {
    CheckpointWork(
      place: place, round: round, count: items.count, element: element, result: result, shape: shape, form: form
    ) { body in
      for (index, item) in items.enumerated() { withUnsafeBytes(of: item) { body(index, $0) } }
    }
  }
}

extension SQLiteStore {
  /// Creates a store that hardly waits for locks.
  init(_ path: String, label: String? = nil, json: Bool = false, resume: Checkpoint.Resume = .whole) {
    self.init(path: path, label: label, json: json, resume: resume, lockWait: .milliseconds(50))
  }
}

extension CheckpointJournal {
  func append(_ item: Int, _ bytes: [UInt8], value: any Encodable & Sendable = 0, host: String = "node1") throws {
    try bytes.withUnsafeBytes {
      try append(
        CheckpointResult(item: item, bytes: $0, value: value, time: 1_767_225_600, rank: 3, host: host, seconds: 0.25))
    }
  }

  func results() throws -> [Int: [UInt8]] {
    var results: [Int: [UInt8]] = [:]
    var last = -1
    try load { item, bytes in
      #expect(item > last)
      last = item
      results[item] = Array(bytes)
    }
    return results
  }
}

/// Returns the error when the file is opened, or nil if it can be opened.
func refusal(_ path: String, _ work: CheckpointWork, resume: Checkpoint.Resume = .whole, label: String? = nil)
  -> CheckpointError?
{
  do {
    try SQLiteStore(path, label: label, resume: resume).open(for: work).close()
    return nil
  } catch {
    guard let error = error as? CheckpointError else {
      Issue.record("\(error) is not a CheckpointError")
      return nil
    }
    return error
  }
}

extension TemporaryFolder {
  /// Stores results of the first `count` items of some work.
  func store(
    _ count: Int, of work: CheckpointWork, label: String? = nil, resume: Checkpoint.Resume = .whole,
    size: (Int) -> Int = { _ in 8 }
  ) throws {
    let journal = try SQLiteStore(file(), label: label, resume: resume).open(for: work)
    for item in 0..<count { try journal.append(item, TemporaryFolder.result(item, size(item))) }
    try journal.flush()
    journal.close()
  }

  static func result(_ item: Int, _ size: Int = 8) -> [UInt8] {
    (0..<size).map { UInt8(truncatingIfNeeded: item &* 31 &+ $0) }
  }
}
