import Foundation
import Synchronization
import TestSupport
import Testing

/// A folder for one test's checkpoint, and the log of the items that were computed.
final class CheckpointFolder {
  let path: String
  var file: String { "\(path)/results.sqlite" }
  private var log: String { "\(path)/log" }

  init() throws {
    path = NSTemporaryDirectory() + "seppo-checkpoint-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  /// Runs the program, and says which items it computed.
  func run(
    _ ranks: Int?, _ name: String, _ number: Int = 0, environment: @autoclosure () -> [String: String] = [:],
    limit: Double = 60, load: Load = .waits
  ) async throws -> (job: Job, computed: [Int]) {
    try? FileManager.default.removeItem(atPath: log)
    let job = try await Mpirun.run(
      ranks, "Checkpoints", [name, file, log, "\(number)"], environment: environment(), limit: limit, load: load)
    return (job, computed)
  }

  /// A signal that follows another one.
  struct Second: Sendable {
    let signal: Int32
    let target: String
    let milliseconds: Int
  }

  /// The same, and sends a signal when so many items are computed, and this one, if any, is begun.
  ///
  /// - Parameter all: whether all that have the target's name get it, or the youngest.
  func run(
    _ ranks: Int, _ name: String, _ number: Int, signal: Int32, to target: String, all: Bool = false,
    after items: Int, item: Int? = nil, second: Second? = nil, environment: [String: String] = [:]
  ) async throws -> (job: Job, computed: [Int]) {
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

  /// Those with this file among their arguments whose name begins so, the youngest last.
  private static func processes(_ mark: String, _ name: String) -> [pid_t] {
    let all = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
    // What Open MPI 5's mpirun becomes.
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
  private static let whole = Mutex<[String: String]>([:])

  /// Runs the program until its end, and holds it against a run that wasn't interrupted.
  func finishes(
    _ name: String, _ number: Int, _ ranks: Int, notMoreThan most: Int = .max, exactly: Int? = nil, after before: [Int]
  ) async throws {
    let (last, after) = try await run(ranks, name, number)
    #expect(last.status == 0, "\(last.report)")
    #expect(after.count < most, "\(after.count) items were computed again or for the first time")
    if let exactly { #expect(after.count == exactly && Set(before).isDisjoint(with: after)) }
    // What an uninterrupted run prints is the same each time.
    let key = "\(name), \(number)"
    if CheckpointFolder.whole.withLock({ $0[key] }) == nil {
      let output = try await CheckpointFolder().run(nil, name, number).job.output
      CheckpointFolder.whole.withLock { $0[key] = output }
    }
    #expect(last.output == CheckpointFolder.whole.withLock { $0[key] }, "\(last.report)")
  }
}
