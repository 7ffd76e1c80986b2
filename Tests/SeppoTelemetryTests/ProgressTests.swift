import Testing

@testable import SeppoTelemetry

private let second = 1_000_000_000

/// Returns the progress of a call of 1,000 items whose items take a second, on 4 ranks.
private func progress(done: Int, after seconds: Double) -> CallProgress {
  var progress = CallProgress(label: "fits")
  progress.total = 1_000
  progress.done = done
  progress.ranks = 4
  progress.working = 4
  progress.elapsed = Int(seconds * Double(second))
  progress.durations.add(items: done, nanoseconds: done * second)
  return progress
}

@Suite("The time that remains")
struct RemainingTimeTests {
  @Test("It follows from the rate so far")
  func rate() { #expect(progress(done: 100, after: 25).remaining == 225 * second) }

  @Test("What a checkpoint had stored took no time")
  func stored() {
    var progress = progress(done: 900, after: 10)
    progress.stored = 800
    #expect(progress.rate == 10)
    #expect(progress.remaining == 10 * second)
  }

  @Test("Nothing is known before the first item, and without a number of items")
  func unknown() {
    #expect(progress(done: 0, after: 5).remaining == nil)
    var open = progress(done: 10, after: 5)
    open.total = nil
    #expect(open.remaining == nil)
    var stored = progress(done: 10, after: 5)
    stored.stored = 10
    #expect(stored.remaining == nil)
  }

  @Test("An item that is older than all others will take as long still")
  func heavyTail() {
    var late = progress(done: 999, after: 300)
    late.oldest = 60 * second
    #expect(late.remaining == 60 * second)
  }

  @Test("If longer items were seen, it will probably take as long as these")
  func longerItems() {
    var late = progress(done: 990, after: 300)
    late.durations.add(items: 2, nanoseconds: 200 * second)
    late.oldest = 40 * second
    #expect(late.remaining == 60 * second)
  }

  @Test("At the end, nothing remains")
  func end() {
    var done = progress(done: 1_000, after: 300)
    done.oldest = 5 * second
    #expect(done.remaining == 0)
  }

  @Test("With equal items, the estimate is right all the way", arguments: [1, 3, 16])
  func simulation(threads: Int) {
    for done in stride(from: 10 * threads, to: 1_000, by: 7) {
      let elapsed = Double((done + threads - 1) / threads)
      let estimate = Double(progress(done: done, after: elapsed).remaining ?? 0) / 1e9
      let truth = Double(1_000 - done) / Double(threads)
      #expect(abs(estimate - truth) <= 0.1 * truth + 1)
    }
  }
}

@Suite("The log of a call's progress")
struct ProgressLogTests {
  /// Returns the times, in seconds, at which lines come in a run of this length with equal items.
  private func times(of run: Int) -> [Int] {
    var log = ProgressLog()
    return (0...run).filter { log.line(progress(done: 1_000 * $0 / run, after: Double($0))) != nil }
  }

  @Test("A long run: 1, 2, 5, 10 %, then each ten, and no more than ten minutes without a line")
  func long() {
    let hour = 3_600
    // 1 % takes six minutes.
    #expect(times(of: 10 * hour).prefix(6).map { $0 / 60 } == [6, 12, 22, 30, 40, 50])
    let gaps = zip(times(of: 10 * hour), times(of: 10 * hour).dropFirst()).map { $1 - $0 }
    #expect(gaps.allSatisfy { $0 >= 60 && $0 <= 600 })
  }

  @Test("A run of ten minutes: no two lines within a minute")
  func minutes() {
    let times = times(of: 600)
    #expect(times.first == 10)
    #expect(zip(times, times.dropFirst()).allSatisfy { $1 - $0 >= 60 })
    #expect(times.count == 10)
  }

  @Test("A run of nine seconds: none")
  func short() { #expect(times(of: 9).isEmpty) }

  @Test("Nothing is done for long: a line each ten minutes")
  func stuck() {
    var log = ProgressLog()
    let times = (0...3_600).filter { log.line(progress(done: 5, after: Double($0))) != nil }
    #expect(times == [600, 1_200, 1_800, 2_400, 3_000, 3_600])
  }

  @Test("What a line says")
  func text() {
    var log = ProgressLog()
    var progress = progress(done: 125, after: 63)
    (progress.failed, progress.retried) = (2, 1)
    #expect(
      log.line(progress)
        == "Seppo: fits: 12 % (125 of 1,000 items) after 63 s, 7 min 21 s left, 2.0/s, 2 failed, 1 retried, 4 of 4 ranks at work"
    )
    progress.total = nil
    progress.elapsed += 700 * second
    #expect(log.line(progress)?.hasPrefix("Seppo: fits: 125 items after 12 min 43 s, ") == true)
  }

  @Test("What the last line says")
  func end() {
    var progress = progress(done: 1_000, after: 200)
    progress.stored = 500
    #expect(
      ProgressLog.end(progress, hasFailed: false) == "Seppo: fits: 1,000 items in 3 min 20 s, 2.5/s, 500 were stored")
    progress.done = 700
    #expect(
      ProgressLog.end(progress, hasFailed: true)
        == "Seppo: fits: ended by an error after 700 of 1,000 items in 3 min 20 s, 1.0/s, 500 were stored")
  }
}

@Suite("The bar of a call's progress")
struct ProgressBarTests {
  @Test("It fits any width, and fills wide ones", arguments: 0...200)
  func width(_ width: Int) {
    var progress = progress(done: 430, after: 63)
    progress.label = "a label of many words that is longer than many terminals are wide"
    progress.failed = 12
    for isUnicode in [true, false] {
      let line = ProgressBar.line(progress, width: width, isUnicode: isUnicode)
      #expect(line.count <= width)
      #expect(line.utf8.allSatisfy { $0 >= 32 })
      if !isUnicode { #expect(line.utf8.count == line.count) }
    }
  }

  @Test("What it says on a wide terminal")
  func text() {
    let line = ProgressBar.line(progress(done: 430, after: 100), width: 120, isUnicode: false)
    #expect(line.hasPrefix("fits   43 %  [###"))
    #expect(line.hasSuffix("]  430/1,000  ETA 2 min 13 s  4.3/s  4/4 ranks"))
  }

  @Test("What is left out first on a narrow one: ranks, rate, failures, the time that remains")
  func narrow() {
    var progress = progress(done: 430, after: 100)
    progress.failed = 3
    func line(_ width: Int) -> String { ProgressBar.line(progress, width: width, isUnicode: false) }
    #expect(line(60).hasSuffix("430/1,000  ETA 2 min 13 s  3 failed"))
    #expect(line(50).hasSuffix("430/1,000  ETA 2 min 13 s"))
    #expect(line(32).hasSuffix("430/1,000"))
  }

  @Test("The bar is as long as the part that is done", arguments: [(0, 0), (250, 10), (500, 20), (1_000, 40)])
  func length(done: Int, blocks: Int) {
    let line = ProgressBar.line(progress(done: done, after: 100), width: 150, isUnicode: true)
    #expect(line.count { $0 == "█" } == blocks)
    #expect(line.count { $0 == "█" || $0 == "░" } == 40)
  }

  @Test("Without a number of items, there is no bar")
  func open() {
    var open = progress(done: 430, after: 100)
    open.total = nil
    #expect(ProgressBar.line(open, width: 100, isUnicode: true) == "fits  430 done  4.3/s  4/4 ranks")
  }

  @Test("More than all is all")
  func over() {
    #expect(ProgressBar.line(progress(done: 1_001, after: 1), width: 100, isUnicode: false).contains("100 %  [####"))
  }
}
