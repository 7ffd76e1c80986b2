import SeppoProcess
import SeppoTelemetry

/// Shows the progress of a call on a thread of its own, so that a terminal that is stopped doesn't stop the call.
final class ProgressDisplay: Sendable {
  private struct State {
    var progress: CallProgress
    var isEnded = false
    var hasLeft = true
    var wasShown = false
  }

  private let state: Monitor<State>
  private let began: Int
  private let page: SharedPage
  private let isBar: Bool
  /// Whether the last line is shown, too, if there was no other.
  private let isWanted: Bool

  /// The time between two drawings, and between two looks whether a line of the log is due, in nanoseconds.
  private static let barInterval = 100_000_000
  private static let logInterval = 1_000_000_000

  /// A shorter call has no last line if it had no other, in nanoseconds: there may be many such calls.
  private static let shortest = 100_000_000

  /// - Parameters:
  ///   - began: when the call began, in nanoseconds.
  ///   - isWanted: whether the program has asked for it.
  init(_ progress: CallProgress, began: Int, isBar: Bool, isWanted: Bool, page: SharedPage) {
    state = Monitor(State(progress: progress))
    self.began = began
    self.isBar = isBar
    self.page = page
    self.isWanted = isWanted
  }

  /// Changes what is shown. Any thread may call it.
  func change(_ body: (inout CallProgress) -> Void) { state.change { body(&$0.progress) } }

  /// Starts the thread. If the system can't create it, nothing is shown.
  func start() {
    state.change { $0.hasLeft = false }
    guard ComputeThread.startSmall({ self.run() }) else { return state.change { $0.hasLeft = true } }
  }

  private func run() {
    var (bar, log) = (BottomLine(page), ProgressLog())
    while case let progress? = present {
      if isBar, let terminal = Terminal.present {
        bar.show(
          ProgressBar.line(progress, width: terminal.columns, isUnicode: Terminal.isUnicode), on: terminal)
      } else if let line = log.line(progress) {
        Console.write(line)
      }
      state.pause(nanoseconds: isBar ? ProgressDisplay.barInterval : ProgressDisplay.logInterval) { $0.isEnded }
    }
    bar.remove()
    let isShown = isBar || log.hasLines
    state.change { state in
      if isShown { state.wasShown = true }
      state.hasLeft = true
    }
  }

  private var present: CallProgress? {
    state.change { state in
      if state.isEnded { return nil }
      state.progress.elapsed = monotonicNanoseconds() - began
      return state.progress
    }
  }

  /// Ends the display, with a last line if there were others, or the program has asked for it.
  func end(hasFailed: Bool) {
    state.change { $0.isEnded = true }
    let (progress, wasShown) = state.wait { $0.hasLeft ? ($0.progress, $0.wasShown) : nil }
    var last = progress
    last.elapsed = monotonicNanoseconds() - began
    guard wasShown || isWanted && (last.elapsed >= ProgressDisplay.shortest || hasFailed) else { return }
    Console.write(ProgressLog.end(last, hasFailed: hasFailed))
  }
}
