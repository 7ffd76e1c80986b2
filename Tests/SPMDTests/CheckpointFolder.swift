import Foundation
import Synchronization
import TestSupport
import Testing

/// A folder with one test's checkpoint and a log of the computed items.
final class CheckpointFolder {
  let path: String
  var file: String { "\(path)/results.sqlite" }
  private var log: String { "\(path)/log" }

  init() throws {
    path = NSTemporaryDirectory() + "seppo-checkpoint-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  /// Runs a case of the program `Checkpoints`, and returns the items that it computed.
  func run(
    _ ranks: Int?, _ name: String, _ number: Int = 0, environment: @autoclosure () -> [String: String] = [:],
    limit: Double = 60, load: Load = .waits
  ) async throws -> (job: JobResult, computed: [Int]) {
    try? FileManager.default.removeItem(atPath: log)
    let job = try await Mpirun.run(
      ranks, "Checkpoints", [name, file, log, "\(number)"], environment: environment(), limit: limit, load: load)
    return (job, computed)
  }

  /// A second signal, sent some time after the first.
  struct SecondSignal: Sendable {
    let signal: Int32
    let target: String
    let milliseconds: Int
  }

  /// Runs a case, sends it a signal, and returns the items that it computed.
  ///
  /// - Parameters:
  ///   - target: The name of the process that gets the signal.
  ///   - all: Whether all processes with that name get it, or only the newest.
  ///   - items: The number of items in the log at which the signal is sent.
  ///   - item: An item that must be in the log too.
  func run(
    _ ranks: Int, _ name: String, _ number: Int, signal: Int32, to target: String, all: Bool = false,
    after items: Int, item: Int? = nil, second: SecondSignal? = nil, environment: [String: String] = [:]
  ) async throws -> (job: JobResult, computed: [Int]) {
    try? FileManager.default.removeItem(atPath: log)
    let (log, mark) = (log, path)
    let watch = Task {
      while !Task.isCancelled {
        let lines = FileManager.default.contents(atPath: log)?.split(separator: UInt8(ascii: "\n")) ?? []
        if lines.count >= items, item.map({ lines.contains(Data("\($0)".utf8)) }) ?? true { break }
        try await Task.sleep(for: .milliseconds(20))
      }
      for process in CheckpointFolder.processes(mark, target).suffix(all ? .max : 1) { kill(process, signal) }
      guard let second else { return }
      let process = CheckpointFolder.processes(mark, second.target).last
      try await Task.sleep(for: .milliseconds(second.milliseconds))
      if let process { kill(process, second.signal) }
    }
    let ended = try await run(ranks, name, number, environment: environment)
    watch.cancel()
    _ = try? await watch.value
    return ended
  }

  private var computed: [Int] {
    guard let text = FileManager.default.contents(atPath: log) else { return [] }
    return String(decoding: text, as: UTF8.self).split(separator: "\n").compactMap { Int($0) }
  }

  /// Returns the processes whose name starts with `name` and whose arguments include this folder, the newest last.
  private static func processes(_ mark: String, _ name: String) -> [pid_t] {
    let all = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
    // Open MPI 5's mpirun replaces itself with prterun.
    let names = name == "mpirun" ? ["mpirun", "prterun"] : [name]
    return all.compactMap { pid_t($0) }.filter { process in
      let command = FileManager.default.contents(atPath: "/proc/\(process)/cmdline") ?? Data()
      let words = command.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
      return words.contains { $0.hasPrefix(mark) }
        && names.contains { words.first?.split(separator: "/").last?.hasPrefix($0) == true }
    }.sorted()
  }
}

extension CheckpointFolder {
  /// The output of uninterrupted runs, by case.
  private static let expected = Mutex<[String: String]>([:])

  /// Runs a case to its end, and compares its output with an uninterrupted run.
  ///
  /// - Parameters:
  ///   - most: The number of computed items must be below this.
  ///   - exactly: The number of computed items, of which none may be in `before`.
  func finishes(
    _ name: String, _ number: Int, _ ranks: Int, notMoreThan most: Int = .max, exactly: Int? = nil, after before: [Int]
  ) async throws {
    let (last, after) = try await run(ranks, name, number)
    #expect(last.status == 0, "\(last.report)")
    #expect(after.count < most, "\(after.count) items were computed again or for the first time")
    if let exactly { #expect(after.count == exactly && Set(before).isDisjoint(with: after)) }
    let key = "\(name), \(number)"
    if CheckpointFolder.expected.withLock({ $0[key] }) == nil {
      let output = try await CheckpointFolder().run(nil, name, number).job.output
      CheckpointFolder.expected.withLock { $0[key] = output }
    }
    #expect(last.output == CheckpointFolder.expected.withLock { $0[key] }, "\(last.report)")
  }
}
