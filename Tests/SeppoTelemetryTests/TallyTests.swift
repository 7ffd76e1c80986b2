import Testing

@testable import SeppoTelemetry

private let ms = 1_000_000

/// A call of two ranks of one thread, from 1,000 ms on.
private func tally(isShared: Bool = false) -> CallTally {
  var tally = CallTally(
    .init(number: 3, name: "map", place: "Fits.swift:7", label: "fits", isShared: isShared), hosts: ["a", "b"],
    began: 1_000 * ms)
  for rank in 0...1 { tally.join(rank, threads: 1) }
  return tally
}

private func chunk(_ rank: Int, _ began: Int, _ ended: Int, _ items: Range<Int>, longest: Int? = nil) -> ComputedChunk {
  ComputedChunk(
    rank: rank, thread: 0, began: began * ms, ended: ended * ms, items: items,
    longest: longest.map { .init(items: $0..<($0 + 1), nanoseconds: (ended - began) * ms) })
}

@Suite("The tally of a call")
struct TallyTests {
  @Test("Where the time went: every part is known, and they add up")
  func time() {
    var tally = tally()
    tally.add(chunk(0, 1_010, 1_060, 0..<5))
    tally.add(chunk(1, 1_020, 1_050, 5..<8))
    var coded = chunk(1, 1_055, 1_080, 8..<10)
    coded.encoding = 5 * ms
    tally.add(coded)
    tally.computed = 1_090 * ms
    tally.ended = 1_100 * ms
    let time = tally.time
    #expect(
      time
        == .init(
          whole: 200 * ms, computing: 100 * ms, encoding: 5 * ms, start: 30 * ms, end: 40 * ms, sharing: 20 * ms,
          between: 5 * ms))
    #expect(time.whole == time.computing + time.encoding + time.start + time.end + time.sharing + time.between)
    #expect(tally.items == 10 && tally.busy == 105 * ms)
  }

  @Test("A call that ends early has no time after it")
  func early() {
    var tally = tally()
    tally.add(chunk(0, 1_010, 1_060, 0..<5))
    tally.ended = 1_060 * ms
    #expect(tally.time.sharing == 0 && tally.time.start == 10 * ms)
  }

  @Test("Calls of one place add up")
  func sum() {
    var (first, second) = (tally(), tally())
    first.add(chunk(0, 1_000, 1_100, 0..<5, longest: 3))
    first.ended = 1_100 * ms
    second.add(chunk(1, 1_000, 1_200, 0..<5, longest: 2))
    second.ended = 1_200 * ms
    second.failed = 2
    let time = (first.time, second.time)
    first.add(second)
    first.add(second)
    #expect(first.calls == 3 && first.items == 15 && first.elapsed == 500 * ms && first.failed == 4)
    #expect(first.time == time.0 + time.1 + time.1)
    #expect(first.longest?.rank == 1)
  }

  @Test("Clocks of other ranks: the fastest message shows the difference")
  func clocks() {
    var clocks = ClockOffsets(haveOneClock: [true, false])
    #expect(clocks.local(500, of: 0, sent: 500, received: 700) == 500)
    // Rank 1's clock is 1,000 behind; messages take 30, 10, 20.
    #expect(clocks.local(500, of: 1, sent: 520, received: 1_550) == 1_530)
    #expect(clocks.local(600, of: 1, sent: 620, received: 1_630) == 1_610)
    #expect(clocks.local(700, of: 1, sent: 720, received: 1_740) == 1_710)
  }

  @Test("Every line of the summary")
  func summary() {
    var tally = tally()
    tally.add(chunk(0, 1_010, 1_060, 0..<5, longest: 4))
    tally.ended = 1_100 * ms
    (tally.failed, tally.stored, tally.bytesSent) = (1, 1_000, 2_000)
    #expect(
      CallSummary(tally).text == """
        Seppo: call 3, fits, map at Fits.swift:7:
          items      5 items, 100 ms, on 2 ranks
          computing  50 ms of 200 ms: 25.0 %, 0.50 of 2 threads busy on average
          otherwise  start 5.0 %, waiting for the last items 70.0 %
          an item    10 ms on average, the longest one 50 ms (item 4, on rank 0 (a))
          failures   1 item failed, 1,000 items came from the checkpoint
          bytes      2.0 kB of items sent, 0 bytes of results received
          rank 0     a: 5 items, computing 50 ms
          rank 1     b: 0 items, computing 0 ns
          advice     Item 4 took 50 ms, longer than all others together: no number of ranks makes the call shorter than that. \
        Divide it into several items, or at least put it first.
        """)
  }

  @Test("Many ranks: quartiles and outliers")
  func manyRanks() {
    var tally = CallTally(.init(number: 1, name: "map", place: ""), hosts: (0..<400).map { "n\($0)" }, began: 0)
    for rank in 0..<400 {
      tally.join(rank, threads: 1)
      tally.add(chunk(rank, 0, rank == 7 ? 900 : 95 + rank % 10, 0..<10))
    }
    tally.ended = 900 * ms
    let rows = CallSummary(tally).rows
    #expect(
      rows.contains { $0 == ("a rank's time", "95 ms, 97 ms, 99 ms, 102 ms, 900 ms (lowest, quartiles, highest)") })
    #expect(rows.filter { $0.name.hasPrefix("rank ") }.map(\.name) == ["rank 7"])
  }
}

@Suite("Advice")
struct AdviceTests {
  @Test("None where ranks compute nearly all the time")
  func none() {
    var tally = tally()
    for rank in 0...1 { tally.add(chunk(rank, 1_000, 1_095, rank * 50..<(rank * 50 + 50))) }
    tally.ended = 1_100 * ms
    #expect(tally.advice == nil)
  }

  @Test("Several ranks on one core")
  func binding() {
    var tally = tally()
    for rank in 0...1 { tally.add(chunk(rank, 1_000, 1_095, 0..<50)) }
    tally.ended = 1_100 * ms
    tally.cores = (1, 2)
    #expect(tally.advice == nil)
    tally.processorTime = 50 * ms
    #expect(tally.advice?.hasPrefix("The 2 ranks of a share 1 core: ") == true)
    tally.cores = (2, 2)
    #expect(tally.advice == nil)
  }

  @Test("A slow rank")
  func slowRank() {
    var tally = tally()
    tally.add(chunk(0, 1_000, 1_010, 0..<50))
    tally.add(chunk(1, 1_000, 1_150, 50..<65))
    tally.ended = 1_150 * ms
    #expect(tally.advice?.hasPrefix("Rank 1 (b) needs 50 times as long for an item as the other ranks: ") == true)
  }

  @Test("Few items for many threads")
  func fewItems() {
    var tally = tally()
    tally.add(chunk(0, 1_000, 1_040, 0..<1))
    tally.add(chunk(0, 1_040, 1_080, 1..<2))
    tally.add(chunk(1, 1_000, 1_041, 2..<3))
    tally.ended = 1_081 * ms
    #expect(tally.advice?.hasPrefix("3 items for 2 compute threads leave some of them without work: ") == true)
  }

  @Test("A long item at the end")
  func longEnd() {
    var tally = tally()
    tally.add(chunk(0, 1_000, 1_050, 0..<20))
    tally.add(chunk(1, 1_000, 1_050, 20..<40))
    tally.add(chunk(1, 1_050, 1_120, 40..<41, longest: 40))
    tally.computed = 1_120 * ms
    tally.ended = 1_120 * ms
    #expect(
      tally.advice
        == "Item 40 took 70 ms, and the other ranks waited for it at the end: put long items first, or divide them.")
  }

  @Test("Results that every rank gets")
  func sharing() {
    for isShared in [true, false] {
      var tally = tally(isShared: isShared)
      for rank in 0...1 { tally.add(chunk(rank, 1_000, 1_050, rank * 20..<(rank * 20 + 20))) }
      tally.computed = 1_050 * ms
      tally.ended = 1_100 * ms
      #expect(tally.advice?.contains("use .atRoot") == (isShared ? true : nil))
    }
  }

  @Test("Encoding")
  func encoding() {
    var tally = tally()
    for rank in 0...1 {
      var coded = chunk(rank, 1_000, 1_100, 0..<20)
      coded.encoding = 40 * ms
      tally.add(coded)
    }
    tally.ended = 1_100 * ms
    #expect(tally.advice?.contains("PlainMemory") == true)
  }

  @Test("Items, and calls, that are too short")
  func tooShort() {
    var tally = tally()
    tally.add(items: 1_000, nanoseconds: 100_000, rank: 0)
    tally.ended += 1 * ms
    #expect(tally.advice?.hasPrefix("An item takes only 100 ns: ") == true)
    var call = CallTally(.init(number: 1, name: "map", place: ""), hosts: ["a", "a"], began: 0)
    for rank in 0...1 { call.join(rank, threads: 1) }
    for rank in 0...1 { call.add(items: 10, nanoseconds: 20_000, rank: rank) }
    call.ended = 100_000
    #expect(call.advice?.hasPrefix("A call takes only 100 µs, ") == true)
  }
}
