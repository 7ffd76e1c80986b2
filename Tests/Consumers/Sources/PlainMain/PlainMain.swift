// A program that uses the public names as a user would.
import SeppoMPI

struct Particle: Codable, Sendable, Equatable {
  var x: Double
  var y: Float
}

extension Particle: PlainMemory {}

struct Odd: Error {}

enum Sweep {
  static func energies<Numbers: Collection>(_ numbers: Numbers) throws -> [Double] where Numbers.Element == Double {
    try numbers.mapParallel { $0 * 2 }
  }
}

@main
struct PlainMain {
  static func main() {
    Seppo.run {
      let numbers = (0..<20).map(Double.init)
      let doubled = try Sweep.energies(numbers)
      let options = numbers.parallel(chunk: .items(3), threads: 2)
      let texts = try options.map { "\($0)" }
      let roots: AtRoot<[Double]> = try numbers.parallel(chunk: .automatic).atRoot.map { $0.squareRoot() }
      try roots.atRoot { roots in
        precondition(roots.count == 20)
      }
      let table = try Seppo.atRoot { ["a": 1] }.broadcast()
      let particles = try (0..<5).mapParallel { Particle(x: Double($0), y: 1) }
      let magnitudes = try particles.mapParallel(\.x)
      do {
        _ = try [1, 2, 3].mapParallel { number throws -> Int in
          if number == 2 { throw Odd() }
          return number
        }
      } catch let error as SeppoError {
        precondition("\(error)".contains("item 1"))
      }
      let sizes = try roots.mapParallel { $0 + 1 }.count + roots.parallel(threads: 1).map { $0 }.count
      let isRight =
        doubled.count == 20 && texts.count == 20 && table["a"] == 1 && magnitudes == [0, 1, 2, 3, 4] && sizes == 40
        && (roots.value != nil) == Seppo.isRoot && Seppo.rank < Seppo.size
      try Seppo.atRoot { print(isRight ? "right" : "wrong") }
    }
  }
}
