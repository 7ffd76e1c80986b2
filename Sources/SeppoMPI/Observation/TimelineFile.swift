import SeppoProcess
import SeppoTelemetry

/// The file of a job's timeline, on rank 0. Only the thread in a call uses it.
final class TimelineFile {
  private let file: SystemAppendFile
  private var timeline: Timeline
  private var lastWrite = 0
  private var isOver = false

  /// What is recorded reaches the file within this time, in nanoseconds, while calls run.
  private static let interval = 500_000_000

  /// - Throws: `BadSetting` if the file can't be written.
  init(_ path: String, hosts: [String]) throws(BadSetting) {
    let now = monotonicNanoseconds()
    do { file = try SystemAppendFile(path) } catch {
      throw BadSetting(description: "SEPPO_TIMELINE=\(error.reason)")
    }
    timeline = Timeline(
      .init(
        program: CommandLine.arguments.first?.split(separator: "/").last.map(String.init) ?? "", hosts: hosts,
        began: Int(secondsSince1970() * 1_000), zero: now),
      path.hasSuffix(".json") ? .trace : .page)
    write(at: now)
  }

  /// Records something.
  func record(at now: Int, _ body: (inout Timeline) -> Void) {
    if isOver { return }
    body(&timeline)
    if now - lastWrite >= TimelineFile.interval { write(at: now) }
  }

  /// Writes what is recorded.
  func write(at now: Int) {
    if isOver { return }
    lastWrite = now
    do { try file.append(timeline.take(at: now)) } catch {
      isOver = true
      Console.write("Seppo: SEPPO_TIMELINE=\(error.reason): the timeline ends here")
    }
  }

  /// Records the end of the job. Nothing follows.
  func end(_ text: String) {
    if isOver { return }
    let now = monotonicNanoseconds()
    timeline.end(text, at: now)
    write(at: now)
    isOver = true
  }
}
