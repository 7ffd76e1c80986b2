import SeppoMPI
import Testing

@Suite("The difference between two descriptions of a result type")
struct ShapeDifferenceTests {
  @Test("The first difference is shown, and what surrounds it is left out")
  func differences() {
    func difference(_ stored: Any.Type, _ now: Any.Type) -> [String] {
      let (stored, now) = ResultShape.difference(ResultShape.describe(stored), ResultShape.describe(now))
      return [stored, now]
    }
    func before() -> Any.Type {
      struct Star: Codable {
        var name, kind: String
        var mass: Double
        var width: Int?
        var last: Bool
      }
      return [Star].self
    }
    func renamed() -> Any.Type {
      struct Star: Codable {
        var name, kind: String
        var mass: Double
        var breadth: Int?
        var last: Bool
      }
      return [Star].self
    }
    func removed() -> Any.Type {
      struct Star: Codable {
        var name, kind: String
        var mass: Double
        var last: Bool
      }
      return [Star].self
    }
    func empty() -> Any.Type {
      struct Star: Codable {}
      return [Star].self
    }
    #expect(
      difference(before(), renamed()) == [
        "Array<ShapeDifferenceTests.Star> with ShapeDifferenceTests.Star { …, width: Optional<Int>, … }",
        "Array<ShapeDifferenceTests.Star> with ShapeDifferenceTests.Star { …, breadth: Optional<Int>, … }",
      ])
    #expect(
      difference(before(), removed()) == [
        "Array<ShapeDifferenceTests.Star> with ShapeDifferenceTests.Star { …, mass: Double, width: Optional<Int>, … }",
        "Array<ShapeDifferenceTests.Star> with ShapeDifferenceTests.Star { …, mass: Double, … }",
      ])
    #expect(
      difference(empty(), removed()).first == "Array<ShapeDifferenceTests.Star> with ShapeDifferenceTests.Star { }")
    #expect(difference(Color.self, Level.self) == ["Color", "Level"])
    #expect(difference(Holder<Super>.self, Holder<Sub>.self) == ["Holder<Super>", "Holder<Sub>"])
  }
}

private enum Color: String, Codable { case red }
private enum Level: Int, Codable { case low }
private class Super: Codable {}
private class Sub: Codable {}
private struct Holder<T: Codable>: Codable { var value: T }
