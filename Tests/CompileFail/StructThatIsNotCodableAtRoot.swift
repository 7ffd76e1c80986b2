// fails: their type must be Codable & Sendable: add `: Codable, Sendable` to your struct
import SeppoMPI

struct Star { var flux: Double }

func fluxes() throws -> [Double] { try Seppo.atRoot { [Star(flux: 1)] }.parallel(threads: 2).map { $0.flux } }
