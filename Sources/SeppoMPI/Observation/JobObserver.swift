import SeppoEngine
import SeppoProcess
import SeppoTelemetry

/// What rank 0 shows and records of its job: progress, summaries, the timeline. Only the thread in a call uses it.
final class JobObserver {
  let hosts: [String]
  private let settings: ObservationSettings
  private let peers: Peers
  let page: SharedPage
  let timeline: TimelineFile?
  /// How far the clocks of the ranks differ.
  var clocks: ClockOffsets
  /// The calls that were too short for a summary of their own, by place.
  private var places: [String: CallTally] = [:]
  /// In the order of their first calls.
  private var order: [String] = []
  private var current: CallObserver?
  private lazy var cores = peers.cores

  /// A call that takes longer than this, in nanoseconds, has a summary of its own.
  private static let ownSummary = 1_000_000_000

  /// - Throws: `BadSetting` if the timeline can't be written.
  init(_ settings: ObservationSettings, hosts: [String], peers: Peers, page: SharedPage) throws(BadSetting) {
    self.settings = settings
    self.hosts = hosts
    self.peers = peers
    self.page = page
    clocks = ClockOffsets(haveOneClock: hosts.indices.map { $0 == 0 || peers.isOnThisMachine($0) })
    if let path = settings.timeline {
      timeline = try TimelineFile(path, hosts: hosts)
    } else {
      timeline = nil
    }
  }

  /// Whether calls are tallied, for summaries.
  private var tallies: Bool { settings.printsSummaries || timeline != nil }

  /// Whether there is anything to show or record of a call.
  ///
  /// - Parameter hasLabel: whether the program has asked for the call's progress.
  func observes(hasLabel: Bool) -> Bool { tallies || progress(hasLabel: hasLabel) != nil }

  private func progress(hasLabel: Bool) -> ObservationSettings.Progress? {
    settings.progress == .off ? nil : settings.progress ?? (hasLabel ? usual : nil)
  }

  /// Begins to observe a call.
  func begin(_ call: CallTally.Call) -> CallObserver {
    let observer = CallObserver(
      self, call, tally: tallies ? CallTally(call, hosts: hosts, began: monotonicNanoseconds()) : nil,
      display: progress(hasLabel: call.label != nil))
    current = observer
    return observer
  }

  /// How a call with `progress:` shows it if the environment doesn't say.
  private var usual: ObservationSettings.Progress { Terminal.isStandardError ? .bar : .log }

  /// Takes the tally of a call that has ended.
  func take(_ tally: CallTally, error: String?) {
    current = nil
    var tally = tally
    tally.cores = cores
    let summary = tally.elapsed >= JobObserver.ownSummary ? CallSummary(tally) : nil
    timeline?.record(at: tally.ended) { $0.end(tally.call, summary, error: error, at: tally.ended) }
    // It may end the program.
    if error != nil { timeline?.write(at: tally.ended) }
    if let summary { show(summary) } else { add(tally) }
  }

  private func show(_ summary: CallSummary) {
    if settings.printsSummaries { Console.write(summary.text) }
  }

  /// Adds the tally of a short call to that of its place.
  private func add(_ tally: CallTally) {
    let title = tally.call.title
    if places[title] != nil {
      places[title]?.add(tally)
    } else {
      order.append(title)
      places[title] = tally
    }
  }

  /// Ends the observation with the job: prints what is left, and completes the file. Called any number of times.
  ///
  /// - Parameter text: how the job ends, if this is known.
  func end(_ text: String) {
    current?.end(error: text)
    for title in order {
      guard let tally = places[title] else { continue }
      let summary = CallSummary(tally)
      show(summary)
      timeline?.record(at: monotonicNanoseconds()) { $0.note(summary) }
    }
    (places, order) = ([:], [])
    timeline?.end(text)
  }
}
