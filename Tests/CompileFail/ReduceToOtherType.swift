// fails: reduce combines elements with each other
import SeppoMPI

func total(_ words: [String]) throws -> Int { try words.parallel().reduce(0) { $0 + $1.count } }
