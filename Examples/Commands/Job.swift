import Foundation
import SeppoMPI

/// A command line to run.
struct Job: Codable, Sendable {
  /// Its number: 1 for the first.
  let number: Int
  let arguments: [String]
  let line: String
}

/// What has become of a job.
struct Outcome: Codable, Sendable {
  let job: Job
  let host: String
  /// In seconds since 1970, and the time that it took.
  let start: Double
  var seconds = 0.0
  /// −1 if it took too long.
  var status: Int32 = 0
  var signal: Int32 = 0
  var output: [UInt8] = []
  var errors: [UInt8] = []
  /// Whether it was killed because the run ends.
  var isAbandoned = false
  /// A message about it.
  var problem: String?

  var hasFailed: Bool { status != 0 || signal != 0 || problem != nil }

  /// The status that a shell would have.
  var exitStatus: Int32 { signal != 0 ? 128 + signal : status > 0 ? status : 1 }
}

extension Job {
  /// Runs the command line by a shell, up to `tries` times while it fails.
  func run(shell: String, timeout: Duration?, tries: Int) -> Outcome {
    var outcome = run(shell, timeout)
    for _ in 1..<tries where outcome.hasFailed && !outcome.isAbandoned { outcome = run(shell, timeout) }
    return outcome
  }

  /// Whether an argument has bytes that aren't UTF-8, in the place of which Swift has put this character: it may be another file's
  /// name.
  private var isUnclear: Bool { arguments.contains { $0.contains("\u{FFFD}") } }

  private func run(_ shell: String, _ timeout: Duration?) -> Outcome {
    var outcome = Outcome(job: self, host: Seppo.hostName, start: Date().timeIntervalSince1970)
    if isUnclear {
      outcome.status = 127
      outcome.problem = "not run, because its argument is not UTF-8: \(line)"
      return outcome
    }
    let start = ContinuousClock.now
    do {
      let result = try Command(shell, "-c", line).run(timeout: timeout)
      outcome.take(result)
      outcome.signal = result.signal ?? 0
      outcome.status = result.signal == nil ? result.status : 0
      if !result.isComplete {
        outcome.problem = "its output is too long, and cut: write it to a file, as in: (\(line)) > file 2>&1"
      }
    } catch CommandError.timedOut(let result, _) {
      outcome.take(result)
      // As GNU parallel's log has it.
      (outcome.status, outcome.signal) = (-1, SIGTERM)
      let isCut = result.isComplete ? "" : ", and its output is cut"
      outcome.problem = "it was killed because it took too long\(isCut): \(line)"
    } catch CommandError.abandoned {
      outcome.isAbandoned = true
      (outcome.status, outcome.signal) = (-1, SIGTERM)
    } catch {
      outcome.status = 127
      outcome.problem = "\(error)"
    }
    outcome.seconds = (ContinuousClock.now - start) / .seconds(1)
    return outcome
  }
}

extension Outcome {
  fileprivate mutating func take(_ result: CommandResult) {
    output = result.outputBytes
    errors = result.errorBytes
  }
}
