import Foundation
import SeppoMPI

private func temporaryFolder() -> String {
  FileManager.default.temporaryDirectory.appendingPathComponent("seppo-\(UUID().uuidString)").path
}

private func commandError(_ body: () throws -> Void) throws -> CommandError {
  do { try body() } catch let error as CommandError { return error }
  throw LawError(description: "no error was thrown")
}

/// The programs of the standard tools on Linux and macOS.
let commandLaws = [
  Law("a program's output, errors and status are those that it has") {
    let results = try (0..<8).mapParallel { item in
      try Command.shell("cat; echo error \(item) >&2; exit \(item)").run(input: "item \(item)\n")
    }
    for (item, result) in results.enumerated() {
      try requireEqual(result.output, "item \(item)\n")
      try requireEqual(result.errors, "error \(item)\n")
      try requireEqual(result.status, Int32(item))
      try require(result.signal == nil && result.isComplete, "\(result)")
    }
    let killed = try (0..<2).mapParallel { _ in try Command.shell("kill -9 $$").run() }
    try requireEqual(killed.map(\.signal), [SIGKILL, SIGKILL])
    try requireEqual(killed.map(\.status), [137, 137])
  },
  Law("arguments reach a program as they are, and commands can be items") {
    let arguments = ["", " ", "a b", "'", "\"", "$HOME", "*", "\\", "ä\u{1F30D}", "-n", "a\nb"]
    let commands = arguments.map { Command("printf", "%s", $0) }
    try requireEqual(try commands.mapParallel { try $0.run().checked.output }, arguments)
    // The description is a line that a shell reads as the same command.
    try requireEqual(try commands.mapParallel { try Command.shell($0.description).run().checked.output }, arguments)
  },
  Law("a program has the environment, folder and log that it was given") {
    let folder = temporaryFolder()
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let lines = try (0..<3).mapParallel { item -> [String] in
      let own = "\(folder)/\(Seppo.rank)/\(item)"
      let result = try Command.shell("pwd; echo \"$SEPPO_LAW_A-${HOME-none}\"; echo error >&2").run(
        in: own, environment: ["SEPPO_LAW_A": "\(item)", "HOME": nil], log: "log")
      let log = try String(contentsOfFile: "\(own)/log", encoding: .utf8)
      try require(
        Set(log.split(separator: "\n")) == Set((result.output + result.errors).split(separator: "\n")), log)
      let output = result.output.split(separator: "\n").map(String.init)
      return [output[0].hasSuffix("/\(Seppo.rank)/\(item)") ? "folder" : output[0], output[1]]
    }
    try requireEqual(lines, (0..<3).map { ["folder", "\($0)-none"] })
  },
  Law("a program doesn't get what the launcher has set for the rank") {
    let names = try (0..<2).mapParallel { _ in
      try Command("env").run().checked.output.split(separator: "\n").map { String($0.prefix { $0 != "=" }) }
    }
    let prefixes = ["OMPI_COMM", "PMIX_", "PRTE_LAUNCHED", "PMI_", "SEPPO_", "SLURM_PROCID"]
    for name in names.joined() {
      try require(!prefixes.contains { name.hasPrefix($0) }, name)
    }
  },
  Law("output is bounded, and a log has all of it") {
    let folder = temporaryFolder()
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let sizes = try (0..<2).mapParallel { item -> [Int] in
      let line = Command.shell("head -c 40000000 /dev/zero; head -c 50000000 /dev/zero >&2; echo end >&2")
      let result = try line.run(in: "\(folder)/\(item)", log: "log")
      _ = try result.checked
      let bare = try line.run()
      let error = try commandError { _ = try bare.checked }
      guard case .tooMuchOutput = error else { throw error }
      try require(!result.isComplete && result.errors.hasSuffix("end\n"), "complete")
      let log = try FileManager.default.attributesOfItem(atPath: "\(folder)/\(item)/log")[.size] as? Int
      return [result.outputBytes.count, result.errorBytes.count, log ?? 0]
    }
    try requireEqual(sizes, Array(repeating: [16 << 20, 16 << 20, 90_000_004], count: 2))
  },
  Law("a log that can't be written is an error, also if the program ends at once") {
    let folder = temporaryFolder()
    defer { try? FileManager.default.removeItem(atPath: folder) }
    for log in ["/dev/full", "\(folder)/fifo"] {
      try (0..<10).parallel().forEach { item in
        let own = "\(folder)/\(Seppo.rank)-\(item)"
        _ = try Command("mkfifo", "fifo").run(in: own)
        let error = try commandError {
          _ = try Command("echo", "x").run(in: own, log: log == "/dev/full" ? log : "fifo")
        }
        switch error {
        case .logFailed, .notStarted: break
        default: throw error
        }
      }
    }
    try requireEqual(
      try (0..<2).mapParallel { item -> String in
        _ = try Command("echo", "\(item)").run(log: "\(folder)/\(Seppo.rank)/new/\(item)")
        return try String(contentsOfFile: "\(folder)/\(Seppo.rank)/new/\(item)", encoding: .utf8)
      }, ["0\n", "1\n"])
  },
  Law("a program that fails, is missing or can't be started is told by its command line") {
    let error = try commandError {
      _ = try Command.shell("echo first >&2; echo 'the reason' >&2; exit 3").run().checked
    }
    try require(error.description.contains("status 3") && error.description.contains("the reason"), "\(error)")
    let missing = try commandError { _ = try Command("seppo-no-such-program", "x").run() }
    let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
    try require(
      missing.description.contains("seppo-no-such-program") && missing.description.contains(path), "\(missing)")
    let folder = try commandError { _ = try Command("true").run(in: "/dev/null/x") }
    try require(folder.description.contains("/dev/null/x"), "\(folder)")
    let data = try commandError { _ = try Command("/etc/passwd").run() }
    try require(data.description.contains("/etc/passwd"), "\(data)")
    let items = try errorOf {
      _ = try [0, 1].mapParallel { try Command.shell("exit \($0 * 5)").run().checked.status }
    }
    guard case .itemThrew(let item) = items else { throw items }
    try require(item.thrown(as: CommandError.self) != nil && item.description.contains("status 5"), "\(item)")
  },
  Law("many programs leave no process or descriptor behind", needsProcess: "other ranks' threads would count, too") {
    var before: (descriptors: [String], children: Int)?
    // The first rounds start the process that cares for all, and connections of MPI.
    for round in 0..<6 {
      let statuses = try (0..<60).parallel(threads: 2).map { try Command.shell("exit \($0)").run(input: "x").status }
      try requireEqual(statuses, (0..<60).map { Int32($0) })
      _ = try? (0..<10).mapParallel { _ in try Command("seppo-no-such-program").run(input: "x").status }
      let now = (openDescriptors(), childrenCount())
      if let before, round > 2 {
        try requireEqual(now.0, before.descriptors)
        try requireEqual(now.1, before.children)
      }
      before = now
    }
  },
  Law("the programs of items that a call doesn't need any more are killed") {
    let folder = try Seppo.atRoot { temporaryFolder() }.broadcast()
    defer { if Seppo.isRoot { try? FileManager.default.removeItem(atPath: folder) } }
    let marker = try Seppo.atRoot { UUID().uuidString }.broadcast()
    // Item 0 fails when another rank or thread runs item 1, whose program would take long.
    let error = try errorOf {
      _ = try (0..<2).parallel(chunk: .items(1), threads: 2).map { item -> Int32 in
        if item == 1 {
          let line = Command.shell("echo >\(folder)/started; sleep 1000")
          return try line.run(in: folder, environment: ["LAW_MARKER": marker]).status
        }
        while !FileManager.default.fileExists(atPath: "\(folder)/started") { usleep(1_000) }
        throw LawError(description: "on purpose")
      }
    }
    guard case .itemThrew(let item) = error else { throw error }
    try requireEqual(item.index, 0)
    try requireEqual(processes(with: marker), 0)
  },
  Law("a program is killed with all that it has started at its timeout, and at its item's") {
    // Descendants in its group, in a session of their own, and without a parent.
    let line = "sleep 1000 & setsid sleep 1000 & (setsid sh -c 'sleep 1000 & sleep 1000' &); echo started; wait"
    let texts = try (0..<2).mapParallel { _ -> String in
      let marker = UUID().uuidString
      let error = try commandError {
        _ = try Command.shell(line).run(environment: ["LAW_MARKER": marker], timeout: .milliseconds(500))
      }
      guard case .timedOut(let result, let seconds) = error, seconds == 0.5 else { throw error }
      return "\(result.output)\(processes(with: marker))"
    }
    try requireEqual(texts, ["started\n0", "started\n0"])
    for isolation in [Isolation.thread, .process] {
      let marker = try Seppo.atRoot { UUID().uuidString }.broadcast()
      let options = ParallelOptions(timeout: .milliseconds(500), isolation: isolation)
      let results = try (0..<3).parallel(options).mapResults { item -> Int in
        if item == 1 { _ = try Command.shell(line).run(environment: ["LAW_MARKER": marker]) }
        return item
      }
      for (item, result) in results.enumerated() {
        switch result {
        case .success(let value): try requireEqual(value, item)
        case .failure(.itemTimedOut(let timeout)): try requireEqual([timeout.index, 1], [1, item])
        case .failure(let error): throw error
        }
      }
      try requireEqual(processes(with: marker), 0, "\(isolation)")
    }
  },
]

/// Returns the number of living processes that have the marker in their environment, when it doesn't fall any more: one that was
/// killed is there for a moment.
private func processes(with marker: String) -> Int {
  func count() -> Int {
    let folders = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
    return folders.filter { Int($0) != nil }.count { process in
      FileManager.default.contents(atPath: "/proc/\(process)/environ")?.range(of: Data(marker.utf8)) != nil
    }
  }
  for _ in 0..<2_000 where count() > 0 { usleep(1_000) }
  return count()
}
