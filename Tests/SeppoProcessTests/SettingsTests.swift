import Testing

@testable import SeppoProcess

@Suite("SEPPO_DEADLINE")
struct DeadlineTests {
  /// 28 November 2026, 12:00 UTC.
  private static let now = 1_795_867_200.0

  @Test(
    "It may be a time, or seconds since 1970",
    arguments: [
      ("2026-11-28T12:00:00Z", now), ("2026-11-30T12:00:00Z", now + 2 * 86_400),
      ("2028-02-29T12:00:00Z", now + 458 * 86_400), ("1795867260", now + 60),
      // A deadline in the past is accepted: the job is out of time.
      ("2026-11-28T11:00:00Z", now - 3600),
    ])
  func taken(_ text: String, _ seconds: Double) throws {
    #expect(try Settings.deadline(text, now: DeadlineTests.now) == seconds)
  }

  @Test("It may be none")
  func none() throws { #expect(try Settings.deadline("none", now: DeadlineTests.now) == nil) }

  @Test(
    "An invalid or implausible time is refused with an explanation",
    arguments: [
      ("2026-02-31T18:00:00", "such as 2026-12-24T18:00:00"), ("2027-02-29T18:00:00Z", "as 2026-12-24T18:00:00"),
      ("2026-11-31T18:00:00", "such as 2026-12-24T18:00:00"), ("nan", "as 2026-12-24T18:00:00"),
      ("1795867260000", "more than ten years from now"), ("inf", "more than ten years from now"),
      ("3600", "more than ten years from now"), ("2062-12-24T18:00:00", "more than ten years from now"),
    ])
  func refused(_ text: String, _ says: String) throws {
    let error = try #require(throws: BadSetting.self) { _ = try Settings.deadline(text, now: DeadlineTests.now) }
    #expect(error.description.hasPrefix("SEPPO_DEADLINE=\(text): ") && error.description.contains(says))
  }
}
