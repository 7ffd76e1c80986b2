import Testing

@testable import SeppoMPI

@Suite("The failure detector")
struct FailureDetectorTests {
  private let second = 1_000_000_000

  @Test("A rank that doesn't respond within the limit is reported; one that responds is not")
  func reportsAfterTheLimit() {
    var detector = FailureDetector(limit: 8 * second, ranks: 3, now: 0)
    for time in stride(from: 2, through: 8, by: 2) {
      #expect(detector.isDue(at: time * second))
      #expect(detector.check(at: time * second, for: [1, 2]) == nil)
      #expect(!detector.isDue(at: time * second))
      detector.hear(1, at: time * second)
    }
    let lost = detector.check(at: 10 * second, for: [1, 2])
    #expect(lost?.ranks == [2])
    #expect(lost?.nanoseconds == 10 * second)
  }

  @Test("Only ranks that are waited for are reported")
  func onlyTheWaitedFor() {
    var detector = FailureDetector(limit: 4 * second, ranks: 2, now: 0)
    for time in 1...20 { #expect(detector.check(at: time * second, for: []) == nil) }
    detector.hear(1, at: 20 * second)
    #expect(detector.check(at: 21 * second, for: [1]) == nil)
  }

  @Test("A rank that was suspended itself reports no other rank")
  func awayItself() {
    var detector = FailureDetector(limit: 4 * second, ranks: 2, now: 0)
    #expect(detector.check(at: 1 * second, for: [1]) == nil)
    // After SIGSTOP and SIGCONT, or an hour in the program's own code.
    #expect(detector.check(at: 3_600 * second, for: [1]) == nil)
    for time in 3_601...3_604 { #expect(detector.check(at: time * second, for: [1]) == nil) }
    #expect(detector.check(at: 3_605 * second, for: [1])?.ranks == [1])
    // All ranks were suspended for less than the limit, shortly before it was reached.
    #expect(detector.check(at: 3_608 * second, for: [1]) == nil)
  }

  @Test("All ranks that were lost together are reported, and no others")
  func together() {
    var detector = FailureDetector(limit: 8 * second, ranks: 4, now: 0)
    for time in stride(from: 2, through: 12, by: 2) {
      detector.hear(3, at: time * second)
      if time == 2 { detector.hear(1, at: time * second) }
      if time == 4 { detector.hear(2, at: time * second) }
      let lost = detector.check(at: time * second, for: [1, 2, 3])
      #expect(lost?.ranks == (time == 12 ? [1, 2] : nil))
    }
  }

  @Test("If a host acknowledges no packets, the rank is reported earlier")
  func unreachable() {
    var detector = FailureDetector(limit: 300 * second, ranks: 2, now: 0)
    for time in stride(from: 10, through: 30, by: 10) {
      #expect(detector.isDue(at: time * second))
      let lost = detector.check(at: time * second, for: [1], hostsAreUnreachable: true)
      #expect(lost?.ranks == (time == 30 ? [1] : nil))
    }
  }

  @Test("With a limit of 0, no heartbeat is ever due")
  func never() { #expect(!FailureDetector(limit: 0, ranks: 2, now: 0).isDue(at: Int.max)) }
}
