// fails: the result can't travel between ranks: f must return a type that is Codable & Sendable
import SeppoMPI

func pairs(_ numbers: [Double]) throws {
  let pairs = try numbers.parallel().map(with: { [Double]() }) { buffer, number in
    buffer.append(number)
    return (number, buffer.count)
  }
  print(pairs)
}
