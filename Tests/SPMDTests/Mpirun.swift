import Foundation
import Subprocess
import TestSupport
import Testing

/// A program that ran under `mpirun`, or alone.
struct Job {
  /// The exit status; 128 + the signal's number where a signal ended it.
  let status: Int
  let output: String
  let errors: String
  /// Whether it had to be ended because its time was up.
  let isExpired: Bool
  let seconds: Double

  /// Lines on standard error that are Seppo's own.
  var messages: [Substring] { errors.split(separator: "\n").filter { $0.hasPrefix("Seppo: ") } }

  /// Some laws map what loses something on its way, which is said.
  var messagesButOfLoss: [Substring] { messages.filter { !$0.contains(" loses something on its way ") } }

  /// Everything, for a failing test.
  var report: String {
    "status \(status)\(isExpired ? ", time was up" : "")\n--- standard output\n\(output)\n--- standard error\n\(errors)"
  }
}

enum Mpirun {
  /// Executables of this package stand beside the test bundle, those that are built with another MPI in the folder that
  /// SEPPO_TEST_PROGRAMS names.
  static let products: URL = {
    if let folder = ProcessInfo.processInfo.environment["SEPPO_TEST_PROGRAMS"] { return URL(fileURLWithPath: folder) }
    let bundle = Bundle.main.bundleURL
    return bundle.path.hasSuffix(".xctest") ? bundle.deletingLastPathComponent() : bundle
  }()

  /// The `mpirun` that belongs to the `mpicc` which the package was built with, if it stands beside it.
  static let launcher: String = {
    let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
    let folders = path.split(separator: ":").map(String.init)
    func isThere(_ name: String, in folder: String) -> Bool {
      FileManager.default.isExecutableFile(atPath: "\(folder)/\(name)")
    }
    let compilers = folders.first { isThere("mpicc", in: $0) }
    if let compilers, isThere("mpirun", in: compilers) { return "\(compilers)/mpirun" }
    return folders.first { isThere("mpirun", in: $0) }.map { "\($0)/mpirun" } ?? "mpirun"
  }()

  /// Starts a program of this package on some number of ranks, when it is its turn; on nil ranks, without `mpirun`.
  ///
  /// - Parameters:
  ///   - environment: asked for when the job begins.
  ///   - limit: seconds. A job that takes longer is asked where each rank is (SIGQUIT), and ended.
  ///   - binding: what `mpirun` binds a rank to; of itself it would bind one or two ranks to one core each, with all their
  ///     compute threads.
  static func run(
    _ ranks: Int?, _ program: String, _ arguments: [String] = [],
    environment: @autoclosure () -> [String: String] = [:], limit: Double = 120, binding: String = "none",
    load: Load = .waits
  ) async throws -> Job {
    let executable = program.hasPrefix("/") ? program : products.appendingPathComponent(program).path
    guard let ranks else { return try await start(executable, arguments, environment(), limit, load: load) }
    let options = ["--oversubscribe", "--bind-to", binding, "-n", "\(ranks)"]
    return try await start(
      launcher, options + [executable] + arguments, environment(), limit, ranks: ranks, load: load)
  }

  /// Starts a program of this package alone, and reads what is said until nobody can say any more, as mpirun does: that is
  /// after the program's end.
  static func runToTheEnd(_ program: String, _ arguments: [String], limit: Double, _ load: Load) async throws -> Job {
    let script = "set -o pipefail; { \"$@\" 2>&1 >&3 | cat >&2; } 3>&1"
    let executable = products.appendingPathComponent(program).path
    return try await start("/bin/bash", ["-c", script, "bash", executable] + arguments, [:], limit, load: load)
  }

  /// Starts any program, when it is its turn.
  ///
  /// - Parameter ranks: how many processes it is going to be.
  static func start(
    _ executable: String, _ arguments: [String], _ environment: @autoclosure () -> [String: String], _ limit: Double,
    ranks: Int = 1, load: Load = .waits
  ) async throws -> Job {
    try await Cores.use(ranks: ranks, load) {
      try await startNow(executable, arguments, environment(), limit)
    }
  }

  private static func startNow(
    _ executable: String, _ arguments: [String], _ environment: [String: String], _ limit: Double
  ) async throws -> Job {
    // All processes of the job have this in their environment, so that they can be found.
    let mark = UUID().uuidString
    var changes: [Environment.Key: String?] = [
      "SEPPO_TEST_JOB": mark, "OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1",
      // A crash is what some tests want to see; its analysis takes many seconds.
      "SWIFT_BACKTRACE": "enable=no",
      // UCX, where MPI has it, would take SIGHUP for its own debugging, and ranks would outlive it.
      "UCX_DEBUG_SIGNO": "0",
      // Without these Open MPI would look for network and graphics cards at every start: half of the time it takes, and
      // a third of the work. What is chosen then on a machine without them is ob1.
      "OMPI_MCA_pml": "ob1", "HWLOC_PLUGINS_PATH": "/none",
    ]
    for (name, value) in environment { changes[Environment.Key(stringLiteral: name)] = value }
    let started = ContinuousClock.now
    let watch = Task {
      do { try await Task.sleep(for: .seconds(limit)) } catch { return false }
      await JobProcesses(mark: mark).askAndEnd()
      return true
    }
    let result = try await Subprocess.run(
      .path(.init(executable)), arguments: .init(arguments), environment: .inherit.updating(changes),
      output: .string(limit: 64 << 20), error: .string(limit: 64 << 20))
    watch.cancel()
    let isExpired = await watch.value
    let status: Int
    switch result.terminationStatus {
    case .exited(let code): status = Int(code)
    case .signaled(let code): status = 128 + Int(code)
    }
    let time = (ContinuousClock.now - started).components
    return Job(
      status: status, output: result.standardOutput, errors: result.standardError, isExpired: isExpired,
      seconds: Double(time.seconds) + Double(time.attoseconds) * 1e-18)
  }
}

/// The processes of one job, on this machine.
struct JobProcesses {
  let mark: String

  /// Every rank says where it is (the library answers SIGQUIT with a line on standard error), then all are ended.
  func askAndEnd() async {
    for process in found() where !isLauncher(process) { kill(process, SIGQUIT) }
    // Time for the lines to come through; the job has had its own and more. Where it ends meanwhile, none is needed.
    try? await Task.sleep(for: .seconds(1))
    for process in found() { kill(process, SIGKILL) }
  }

  private func found() -> [pid_t] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
    return names.compactMap { pid_t($0) }.filter { process in
      guard let environment = FileManager.default.contents(atPath: "/proc/\(process)/environ") else { return false }
      return environment.range(of: Data("SEPPO_TEST_JOB=\(mark)".utf8)) != nil
    }
  }

  private func isLauncher(_ process: pid_t) -> Bool {
    let name = FileManager.default.contents(atPath: "/proc/\(process)/comm").map { String(decoding: $0, as: UTF8.self) }
    // Shells are what Tests/Networks starts a daemon with.
    return ["mpirun", "orted", "prted", "prterun", "sh", "bash"].contains { name?.hasPrefix($0) == true }
  }
}
