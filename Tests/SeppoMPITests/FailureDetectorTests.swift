import Testing

@testable import SeppoMPI

@Suite("FailureDetector")
struct FailureDetectorTests {
  private let second = 1_000_000_000

  @Test("A rank that answers is never silent; one that doesn't is, after the limit")
  func silentAfterTheLimit() {
    var silence = FailureDetector(limit: 8 * second, ranks: 3, now: 0)
    for time in stride(from: 2, through: 8, by: 2) {
      #expect(silence.isDue(at: time * second))
      #expect(silence.look(at: time * second, for: [1, 2]) == nil)
      #expect(!silence.isDue(at: time * second))
      silence.hear(1, at: time * second)
    }
    let lost = silence.look(at: 10 * second, for: [1, 2])
    #expect(lost?.ranks == [2])
    #expect(lost?.nanoseconds == 10 * second)
  }

  @Test("Only those that are waited for count")
  func onlyTheWaitedFor() {
    var silence = FailureDetector(limit: 4 * second, ranks: 2, now: 0)
    for time in 1...20 { #expect(silence.look(at: time * second, for: []) == nil) }
    silence.hear(1, at: 20 * second)
    #expect(silence.look(at: 21 * second, for: [1]) == nil)
  }

  @Test("A rank that was away itself takes nobody for silent")
  func awayItself() {
    var silence = FailureDetector(limit: 4 * second, ranks: 2, now: 0)
    #expect(silence.look(at: 1 * second, for: [1]) == nil)
    // As after SIGSTOP and SIGCONT, or an hour in the program's own code.
    #expect(silence.look(at: 3_600 * second, for: [1]) == nil)
    for time in 3_601...3_604 { #expect(silence.look(at: time * second, for: [1]) == nil) }
    #expect(silence.look(at: 3_605 * second, for: [1])?.ranks == [1])
    // As where all were suspended for less than the limit, shortly before it was reached.
    #expect(silence.look(at: 3_608 * second, for: [1]) == nil)
  }

  @Test("All that were lost together are named, and nobody else")
  func together() {
    var silence = FailureDetector(limit: 8 * second, ranks: 4, now: 0)
    for time in stride(from: 2, through: 12, by: 2) {
      silence.hear(3, at: time * second)
      if time == 2 { silence.hear(1, at: time * second) }
      if time == 4 { silence.hear(2, at: time * second) }
      let lost = silence.look(at: time * second, for: [1, 2, 3])
      #expect(lost?.ranks == (time == 12 ? [1, 2] : nil))
    }
  }

  @Test("Where a host acknowledges nothing, less silence is enough")
  func unreachable() {
    var silence = FailureDetector(limit: 300 * second, ranks: 2, now: 0)
    for time in stride(from: 10, through: 30, by: 10) {
      #expect(silence.isDue(at: time * second))
      let lost = silence.look(at: time * second, for: [1], hostsAreUnreachable: true)
      #expect(lost?.ranks == (time == 30 ? [1] : nil))
    }
  }

  @Test("With a limit of 0 it is never time")
  func never() { #expect(!FailureDetector(limit: 0, ranks: 2, now: 0).isDue(at: Int.max)) }
}
