import Foundation
import Subprocess
import TestSupport
import Testing

/// The outcome of a program that ran under `mpirun` or alone.
struct JobResult {
  /// The exit status, or 128 plus the signal number if a signal ended the program.
  let status: Int
  let output: String
  let errors: String
  /// Whether the program was killed at its time limit.
  let hasTimedOut: Bool
  let seconds: Double

  /// Whether the job has ended with status 1. Hydra combines the statuses of all ranks, and so those of ranks that it has killed.
  var hasStatusOfError: Bool { Mpirun.isHydra ? status != 0 : status == 1 }

  /// Whether a rank was killed or has crashed. Hydra's status is the signal's number.
  var lostRank: Bool { status >= 128 || messages.contains { $0.contains("; it was in ") } }

  /// Seppo's own lines on standard error.
  var messages: [Substring] { errors.split(separator: "\n").filter { $0.hasPrefix("Seppo: ") } }

  /// The messages without the warnings of laws whose values deliberately lose a property when encoded.
  var messagesExceptLossWarnings: [Substring] { messages.filter { !$0.contains(" loses data when it is sent to ") } }

  /// Status and output, for the message of a failed test.
  var report: String {
    "status \(status)\(hasTimedOut ? ", timed out" : "")\n--- standard output\n\(output)\n--- standard error\n\(errors)"
  }
}

enum Mpirun {
  /// The folder with the executables of this package: `SEPPO_TEST_PROGRAMS` if they are built with another MPI,
  /// otherwise the folder of the test bundle.
  static let products: URL = {
    if let folder = ProcessInfo.processInfo.environment["SEPPO_TEST_PROGRAMS"] { return URL(fileURLWithPath: folder) }
    let bundle = Bundle.main.bundleURL
    return bundle.path.hasSuffix(".xctest") ? bundle.deletingLastPathComponent() : bundle
  }()

  /// The `mpirun` in the folder of the `mpicc` that built the package, if there is one, otherwise the first in `PATH`.
  static let launcher: String = {
    let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
    let folders = path.split(separator: ":").map(String.init)
    func exists(_ name: String, in folder: String) -> Bool {
      FileManager.default.isExecutableFile(atPath: "\(folder)/\(name)")
    }
    let compilers = folders.first { exists("mpicc", in: $0) }
    if let compilers, exists("mpirun", in: compilers) { return "\(compilers)/mpirun" }
    return folders.first { exists("mpirun", in: $0) }.map { "\($0)/mpirun" } ?? "mpirun"
  }()

  /// Whether it is that of MPICH, or of an MPI that descends from it.
  static let isHydra: Bool = {
    let version = Process()
    version.executableURL = URL(fileURLWithPath: launcher)
    version.arguments = ["--version"]
    let output = Pipe()
    version.standardOutput = output
    guard (try? version.run()) != nil else { return false }
    let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    version.waitUntilExit()
    return text.contains("HYDRA") || text.contains("Intel(R) MPI")
  }()

  /// Returns the words between `mpirun` and the program.
  ///
  /// - Parameter binding: Nil for a command that is an argument of another `mpirun`: that of Open MPI 5 would read it.
  static func options(_ ranks: Int, binding: String? = "none") -> [String] {
    let bind = binding.map { [isHydra ? "-bind-to" : "--bind-to", $0] } ?? []
    return (isHydra ? [] : ["--oversubscribe"]) + bind + ["-n", "\(ranks)"]
  }

  /// Runs a program of this package when its turn comes.
  ///
  /// - Parameters:
  ///   - ranks: The number of ranks; nil runs the program without `mpirun`.
  ///   - environment: Variables, evaluated when the job starts.
  ///   - limit: The time limit in seconds. A job that exceeds it prints where each rank is (SIGQUIT) and is killed.
  ///   - binding: What `mpirun` binds a rank to. Its default binds each of up to two ranks, with all compute threads,
  ///     to one core.
  static func run(
    _ ranks: Int?, _ program: String, _ arguments: [String] = [],
    environment: @autoclosure () -> [String: String] = [:], limit: Double = 120, binding: String = "none",
    load: Load = .waits
  ) async throws -> JobResult {
    let executable = program.hasPrefix("/") ? program : products.appendingPathComponent(program).path
    guard let ranks else { return try await start(executable, arguments, environment(), limit, load: load) }
    return try await start(
      launcher, options(ranks, binding: binding) + [executable] + arguments, environment(), limit, ranks: ranks,
      load: load)
  }

  /// Runs a program of this package without `mpirun`, and reads its output until all writers have closed it, as
  /// `mpirun` does. That may be after the end of the program.
  static func runUntilOutputCloses(_ program: String, _ arguments: [String], limit: Double, _ load: Load) async throws
    -> JobResult
  {
    let script = "set -o pipefail; { \"$@\" 2>&1 >&3 | cat >&2; } 3>&1"
    let executable = products.appendingPathComponent(program).path
    return try await start("/bin/bash", ["-c", script, "bash", executable] + arguments, [:], limit, load: load)
  }

  /// Runs any program when its turn comes.
  ///
  /// - Parameter ranks: The number of processes that the program will start.
  static func start(
    _ executable: String, _ arguments: [String], _ environment: @autoclosure () -> [String: String], _ limit: Double,
    ranks: Int = 1, load: Load = .waits
  ) async throws -> JobResult {
    try await Cores.use(ranks: ranks, load) {
      // On a busy machine, the launcher of Open MPI 5 sometimes gives up before it starts a rank.
      for _ in 0..<3 {
        let job = try await startNow(executable, arguments, environment(), limit)
        if !job.errors.contains("The PMIx server's listener thread failed to start") { return job }
      }
      return try await startNow(executable, arguments, environment(), limit)
    }
  }

  /// Removes what Hydra prints on standard output if a rank dies.
  private static func withoutBanner(_ output: String) -> String {
    guard output.contains("BAD TERMINATION OF ONE OF YOUR APPLICATION") else { return output }
    let parts = ["====", "=   ", "YOUR APPLICATION TERMINATED", "This typically refers", "Please see the FAQ page"]
    let lines = output.split(separator: "\n").filter { line in !parts.contains { line.hasPrefix($0) } }
    return lines.map { $0 + "\n" }.joined()
  }

  private static func startNow(
    _ executable: String, _ arguments: [String], _ environment: [String: String], _ limit: Double
  ) async throws -> JobResult {
    // Identifies all processes of the job by their environment.
    let mark = UUID().uuidString
    var changes: [Environment.Key: String?] = [
      "SEPPO_TEST_JOB": mark, "OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1",
      // Some tests crash on purpose, and a backtrace takes many seconds.
      "SWIFT_BACKTRACE": "enable=no",
      // UCX uses SIGHUP for debugging, so that ranks would survive it.
      "UCX_DEBUG_SIGNO": "0",
      // Skips Open MPI's search for network and graphics cards, which takes half of the start-up time. Without such
      // cards it would choose ob1 anyway.
      "OMPI_MCA_pml": "ob1", "HWLOC_PLUGINS_PATH": "/none",
    ]
    for (name, value) in environment { changes[Environment.Key(stringLiteral: name)] = value }
    let started = ContinuousClock.now
    let watch = Task {
      do { try await Task.sleep(for: .seconds(limit)) } catch { return false }
      await JobProcesses(mark: mark).dumpAndKill()
      return true
    }
    let result = try await Subprocess.run(
      .path(.init(executable)), arguments: .init(arguments), environment: .inherit.updating(changes),
      output: .string(limit: 64 << 20), error: .string(limit: 64 << 20))
    watch.cancel()
    let hasTimedOut = await watch.value
    let status: Int
    switch result.terminationStatus {
    case .exited(let code): status = Int(code)
    case .signaled(let code): status = 128 + Int(code)
    }
    let time = (ContinuousClock.now - started).components
    return JobResult(
      status: status, output: isHydra ? withoutBanner(result.standardOutput) : result.standardOutput,
      errors: result.standardError, hasTimedOut: hasTimedOut,
      seconds: Double(time.seconds) + Double(time.attoseconds) * 1e-18)
  }
}

/// The processes of one job, on this machine.
struct JobProcesses {
  let mark: String

  /// Makes every rank print where it is (the library's answer to SIGQUIT), then kills all processes.
  func dumpAndKill() async {
    for process in all() where !isLauncher(process) { kill(process, SIGQUIT) }
    // Time for the lines to arrive. If the job ends meanwhile, the sleep is cancelled.
    try? await Task.sleep(for: .seconds(1))
    for process in all() { kill(process, SIGKILL) }
  }

  private func all() -> [pid_t] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
    return names.compactMap { pid_t($0) }.filter { process in
      guard let environment = FileManager.default.contents(atPath: "/proc/\(process)/environ") else { return false }
      return environment.range(of: Data("SEPPO_TEST_JOB=\(mark)".utf8)) != nil
    }
  }

  private func isLauncher(_ process: pid_t) -> Bool {
    let name = FileManager.default.contents(atPath: "/proc/\(process)/comm").map { String(decoding: $0, as: UTF8.self) }
    // Tests/Networks starts daemons from shells.
    return ["mpirun", "orted", "prted", "prterun", "sh", "bash"].contains { name?.hasPrefix($0) == true }
  }
}
