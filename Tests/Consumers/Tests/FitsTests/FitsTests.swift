// The library's own tests: parallel, without a launcher, and with nothing else.
import Fits
import SeppoMPI
import Testing

private func stars(_ count: Int) -> [Star] { (0..<count).map { Star([Double($0), Double($0) + 2]) } }

@Suite struct FitsTests {
  @Test("Ten tests call mapParallel at the same time", arguments: 0..<10)
  func means(number: Int) async throws {
    for round in 1...20 {
      let count = 100 * number + round
      #expect(try Fits.means(of: stars(count), threads: 1 + number % 3) == (0..<count).map { Double($0) + 1 })
    }
  }

  @Test("An error is thrown, and later calls are well", arguments: 0..<10)
  func throwing(number: Int) throws {
    let error = try #require(throws: SeppoError.self) { try Fits.means(of: stars(number) + [Star([])]) }
    guard case .itemThrew(let item) = error else { throw error }
    #expect(item.index == number && item.thrown(as: NoMagnitudes.self) != nil)
    #expect(try Fits.means(of: stars(3)) == [1, 2, 3])
  }

  @Test("atRoot and broadcast, too", arguments: 0..<5)
  func brightest(number: Int) throws { #expect(try Fits.brightest(2, of: stars(5 + number)) == [1, 2]) }

  @Test("Each of several tests may hold a run", arguments: 0..<5)
  func run(number: Int) {
    Seppo.run {
      let means = try Fits.means(of: stars(2))
      #expect(means == [1, 2])
    }
  }
}
