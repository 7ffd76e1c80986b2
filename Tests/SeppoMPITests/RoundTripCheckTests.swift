import Testing

@testable import SeppoMPI

@Suite("The check for data lost in a round trip")
struct RoundTripCheckTests {
  private struct Whole: Codable {
    var x = Double.nan
    var names: [String: [Int]] = ["a": [1], "b": []]
    var link: URLish? = URLish()
  }
  private struct URLish: Codable, Hashable { var text = "t" }
  private struct Lossy: Codable {
    var x = 1.0
    var cache: [Double] = []
    enum CodingKeys: CodingKey { case x }
  }
  private struct Outer: Codable { var inner: [Lossy] = [Lossy(cache: [1, 2])] }
  /// Equal if `x` is equal, with any cache.
  private struct Equal: Codable, Equatable {
    var x = 1
    var cache = [1]
    enum CodingKeys: CodingKey { case x }
    init() {}
    init(from decoder: any Decoder) throws {
      x = try decoder.container(keyedBy: CodingKeys.self).decode(Int.self, forKey: .x)
      cache = []
    }
    static func == (left: Self, right: Self) -> Bool { left.x == right.x }
  }

  @Test("Values that are the same or equal after a round trip are not reported")
  func whole() {
    #expect(RoundTripCheck.sentence(Whole()) == nil)
    #expect(RoundTripCheck.sentence(Equal()) == nil)
    #expect(RoundTripCheck.sentence([Double.nan]) == nil)
    #expect(RoundTripCheck.sentence(Set(0..<50)) == nil)
    #expect(RoundTripCheck.sentence(["a": Set([1, 2, 3])]) == nil)
    #expect(RoundTripCheck.sentence(Set([Double.nan, 1, 2, 3])) == nil)
    #expect(RoundTripCheck.sentence([Double.nan: 1, 2: 2]) == nil)
  }

  @Test("Lost data is named by its path")
  func lost() {
    #expect(
      RoundTripCheck.sentence(Lossy(cache: [1, 2]))
        == "Lossy loses data when it is sent to another rank: cache is [1.0, 2.0] before and [] after")
    #expect(RoundTripCheck.sentence(Outer())?.contains("inner[0].cache is") == true)
  }
}
