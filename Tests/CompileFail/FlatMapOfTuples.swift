// fails: the result can't travel between ranks: f must return a type that is Codable & Sendable
import SeppoMPI

func pairs(_ numbers: [Int]) throws { print(try numbers.parallel().flatMap { [($0, $0)] }) }
