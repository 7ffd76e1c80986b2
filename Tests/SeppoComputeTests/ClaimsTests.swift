import Testing

@testable import SeppoCompute
@testable import SeppoProcess

@Suite("Which items of a chunk are begun, and which are given away")
struct ClaimsTests {
  @Test("A stretch at a time, to the end")
  func stretches() {
    let claims = Claims(count: 10)
    #expect(claims.next(4) == 0..<4)
    #expect(claims.left == 6)
    #expect(claims.next(4) == 4..<8)
    #expect(claims.next(4) == 8..<10)
    #expect(claims.next(4) == nil)
    #expect(claims.left == 0)
    let none = Claims(count: 0)
    #expect(none.next(1) == nil)
    #expect(none.cut(5, unit: 1).isEmpty)
  }

  @Test("The end that isn't begun can be cut off")
  func cuts() {
    let claims = Claims(count: 100)
    #expect(claims.next(10) == 0..<10)
    #expect(claims.cut(30, unit: 1) == 70..<100)
    #expect(claims.left == 60)
    #expect(claims.cut(0, unit: 1).isEmpty)
    #expect(claims.cut(1_000, unit: 1) == 10..<70)
    #expect(claims.next(10) == nil)
  }

  @Test("What stays together is cut off together")
  func units() {
    let claims = Claims(count: 25)
    #expect(claims.next(10) == 0..<10)
    // The second ten stand at 10, the last five at 20.
    #expect(claims.cut(1, unit: 10) == 20..<25)
    #expect(claims.cut(3, unit: 10) == 10..<20)
    #expect(claims.cut(3, unit: 10).isEmpty)
  }
}
