import Testing

@testable import SeppoEngine

@Suite("Overdue items")
struct OverdueItemsTests {
  private struct TimeLimitExceeded: Error {}

  private func report(_ index: Int, elapsed: Int) -> OverdueReport {
    OverdueReport(items: [ItemFailure(index: index, error: TimeLimitExceeded())], elapsed: [elapsed], returned: [])
  }

  @Test("The lowest item is stuck when all have run for twice their time limit")
  func stuck() {
    var items = OverdueItems()
    #expect(items.isEmpty && items.stuck(at: 1_000, timeout: 100) == nil)
    items.append(report(7, elapsed: 110), of: 1, at: 1_000)
    items.append(report(3, elapsed: 150), of: 2, at: 1_050)
    #expect(items.stuck(at: 1_089, timeout: 100) == nil)
    let stuck = items.stuck(at: 1_100, timeout: 100)
    #expect(stuck?.index == 3 && stuck?.worker == 2 && stuck?.since == 900)
  }

  @Test("A returned chunk removes the overdue items of its worker only")
  func returned() {
    var items = OverdueItems()
    items.append(report(7, elapsed: 110), of: 1, at: 1_000)
    items.append(report(7, elapsed: 110), of: 2, at: 1_000)
    items.remove(in: 0..<7, of: 1)
    items.remove(in: 5..<8, of: 1)
    #expect(items.stuck(at: 2_000, timeout: 100)?.worker == 2)
    items.removeAll(of: 2)
    #expect(items.isEmpty)
  }
}
