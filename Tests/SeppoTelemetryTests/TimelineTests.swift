import Foundation
import Testing

@testable import SeppoTelemetry

private let us = 1_000

@Suite("Timelines")
struct TimelineTests {
  private static let job = TimelineRecord.Job(
    program: "Fits", hosts: ["a", "b\"<"], began: 1_800_000_000_000, zero: 5_000)

  private static func timeline(_ format: Timeline.Format, chunks: Int, capacity: Int = 1_000) -> (
    text: String, items: Int
  ) {
    var timeline = Timeline(job, format, capacity: capacity)
    var text = ""
    let call = CallTally.Call(number: 1, name: "map", place: "</script>\n\"", label: nil)
    timeline.begin(call, at: 6_000)
    for number in 0..<chunks {
      let began = 7_000 + number * 10 * us
      timeline.add(
        ComputedChunk(
          rank: number % 2, thread: 0, began: began, ended: began + 15 * us, items: (3 * number)..<(3 * number + 3),
          failures: number % 5 == 0 ? 1 : 0), call: 1)
      if number % 100 == 0 { text += timeline.take(at: began) }
    }
    let end = 10_000 + chunks * 10 * us
    timeline.mark(.failed, call: 1, rank: 1, "an error \u{1F}", at: end)
    timeline.end(call, CallSummary(CallTally(call, hosts: job.hosts, began: 6_000)), error: "an <error>", at: end)
    timeline.end("ended", at: end)
    return (text + timeline.take(at: end), 3 * chunks)
  }

  /// The records of a page.
  private static func records(_ text: String) throws -> [[Any]] {
    let lines = text.dropFirst(TimelinePage.head.count).split(separator: "\n")
    return try lines.map { try #require(JSONSerialization.jsonObject(with: Data($0.utf8)) as? [Any]) }
  }

  @Test("Sums stay exact, and records stay bounded", arguments: [10, 999, 50_000])
  func bounded(chunks: Int) throws {
    let (text, items) = Self.timeline(.page, chunks: chunks)
    let work = try Self.records(text).compactMap { $0 as? [Int] }
    #expect(work.reduce(0) { $0 + $1[9] } == items)
    #expect(work.reduce(0) { $0 + $1[11] } == chunks)
    #expect(work.reduce(0) { $0 + $1[5] } == chunks * 15)
    #expect(work.reduce(0) { $0 + $1[10] } == (chunks + 4) / 5)
    #expect(work.count <= 1_010)
    if chunks <= 400 { #expect(work.count == chunks) }
    // No batch is shown over another one of its thread.
    for rank in 0...1 {
      let own = work.filter { $0[1] == rank }.sorted { $0[3] < $1[3] }
      #expect(zip(own, own.dropFirst()).allSatisfy { $0[4] <= $1[3] })
    }
  }

  @Test("If many were left out, the page says so")
  func resolution() throws {
    func isSaid(_ chunks: Int) throws -> Bool {
      try Self.records(Self.timeline(.page, chunks: chunks).text).contains { $0.first as? String == "resolution" }
    }
    #expect(try isSaid(5_000))
    #expect(try !isSaid(100))
  }

  @Test("Texts can't end the page's script")
  func texts() {
    let text = Self.timeline(.page, chunks: 10).text.dropFirst(TimelinePage.head.count)
    #expect(!text.contains("<"))
    #expect(text.contains("\\u003c/script>\\n\\\""))
  }

  @Test("Trace events are JSON")
  func trace() throws {
    let (text, items) = Self.timeline(.trace, chunks: 500)
    let events = try #require(JSONSerialization.jsonObject(with: Data(text.utf8)) as? [[String: Any]])
    let work = events.filter { $0["cat"] as? String == "chunk" }
    #expect(work.reduce(0) { $0 + (($1["args"] as? [String: Any])?["items"] as? Int ?? 0) } == items)
    #expect(work.allSatisfy { $0["ph"] as? String == "X" && $0["ts"] is Int && $0["dur"] is Int && $0["pid"] is Int })
    #expect(events.count { $0["ph"] as? String == "B" } == 1 && events.count { $0["ph"] as? String == "E" } == 1)
  }

  @Test("Times are microseconds since the beginning")
  func zero() throws {
    let work = try Self.records(Self.timeline(.page, chunks: 1).text).compactMap { $0 as? [Int] }
    #expect(work == [[1, 0, 0, 2, 17, 15, 0, 0, 3, 3, 1, 1]])
  }
}
