// fails: the result can't travel between ranks: f must return a type that is Codable & Sendable
import SeppoMPI

func program() throws {
  let pairs = try [1, 2].parallel(threads: 2).map { number in
    let square = number * number
    return (number, square)
  }
  print(pairs)
}
