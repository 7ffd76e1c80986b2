import Testing

@testable import SeppoTelemetry

@Suite("Quantities")
struct QuantityTests {
  @Test(
    "Durations",
    arguments: [
      (0, "0 ns"), (999, "999 ns"), (1_000, "1 µs"), (999_499, "999 µs"), (999_500, "1 ms"), (430_000_000, "430 ms"),
      (999_500_000, "1.00 s"), (1_000_000_000, "1 s"), (9_994_000_000, "9.99 s"), (9_996_000_000, "10.0 s"),
      (99_960_000_000, "1 min 40 s"), (125_000_000_000, "2 min 5 s"), (3_600_000_000_000, "1 h"),
      (12_000_000_000_000, "3 h 20 min"), (400_000_000_000_000, "4 d 15 h"),
    ])
  func durations(nanoseconds: Int, text: String) { #expect(Quantity.duration(nanoseconds) == text) }

  @Test("Times to wait are whole seconds", arguments: [(0, "< 1 s"), (1_200_000_000, "2 s"), (61_000_000_000, "61 s")])
  func waits(nanoseconds: Int, text: String) { #expect(Quantity.wait(nanoseconds) == text) }

  @Test("Counts have commas", arguments: [(0, "0"), (999, "999"), (1_000, "1,000"), (-12_345_678, "-12,345,678")])
  func counts(value: Int, text: String) { #expect(Quantity.count(value) == text) }

  @Test("Things are in the plural, except one")
  func things() {
    #expect(Quantity.count(1, "item") == "1 item")
    #expect(Quantity.count(2_000, "item") == "2,000 items")
  }

  @Test(
    "Rates have the unit in which they are at least one",
    arguments: [(812.4, "812/s"), (3.21, "3.2/s"), (0.05, "3.0/min"), (0.0003, "1.1/h"), (1_234_567, "1,234,567/s")])
  func rates(perSecond: Double, text: String) { #expect(Quantity.rate(perSecond) == text) }

  @Test(
    "Bytes",
    arguments: [(0, "0 bytes"), (999, "999 bytes"), (1_000, "1.0 kB"), (999_600, "1.0 MB"), (123_456_789, "123 MB")])
  func bytes(value: Int, text: String) { #expect(Quantity.bytes(value) == text) }

  @Test("Shares")
  func shares() {
    #expect(Quantity.share(1, of: 3) == "33.3 %")
    #expect(Quantity.share(0, of: 0) == "0 %")
  }
}
