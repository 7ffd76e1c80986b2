// fails: their type must be Codable & Sendable: add `: Codable, Sendable` to your struct
import SeppoMPI

struct Star { var flux: Double }

func fluxes(_ stars: [Star]) throws {
  let results = try stars.filter { $0.flux > 0 }.parallel(threads: 2).mapResults { star in
    let flux = star.flux
    return flux * 2
  }
  print(results)
}
