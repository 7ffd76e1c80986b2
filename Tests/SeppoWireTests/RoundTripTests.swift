import Testing

@testable import SeppoWire

@Test func numbersComeBack() throws {
  #expect([1, 2, 3].count == 3)
}
