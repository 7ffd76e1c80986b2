// fails: requires that 'Star' conform to
import SeppoMPI

struct Star { var flux: Double }

@Sendable func brightness(_ star: Star) -> Double { star.flux * 2 }

func program() throws {
  try Seppo.withPool(brightness) { pool in pool.submit(Star(flux: 1)) }
}
