// fails: main actor-isolated conformance of 'Item' to 'Decodable' cannot satisfy conformance requirement
// flags: -default-isolation MainActor
import SeppoMPI

struct Item: Codable { var value = 1.0 }

func values(_ items: [Item]) throws -> [Double] { try items.mapParallel { $0.value } }
