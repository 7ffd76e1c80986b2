// fails: the result can't travel between ranks: f must return a type that is Codable & Sendable
import SeppoMPI

func program() throws { try [1, 2].parallel().forEachResult({ ($0, $0 * $0) }) { index, pair in print(index, pair) } }
