/// A grid of parameters of the Lorenz system. σ varies between rows, ρ within a row.
struct Grid {
  let rhos: [Double]
  let sigmas: [Double]
  let beta: Double

  init(rho: Span, rhoSteps: Int, sigma: Span, sigmaSteps: Int, beta: Double) {
    rhos = rho.points(rhoSteps)
    sigmas = sigma.points(sigmaSteps)
    self.beta = beta
  }

  var points: [GridPoint] {
    sigmas.flatMap { sigma in rhos.map { Lorenz(sigma: sigma, rho: $0, beta: beta) } }
      .enumerated().map { GridPoint(index: $0, system: $1) }
  }
}

struct GridPoint: Codable, Sendable {
  let index: Int
  let system: Lorenz
}

enum Table {
  /// Returns one line per point. Each `Double` has the fewest digits from which it can be read back exactly.
  static func csv(_ grid: Grid, _ exponents: [Exponent]) -> String {
    var text = "rho,sigma,beta,exponent,error\n"
    for (point, exponent) in zip(grid.points, exponents) {
      let system = point.system
      text += "\(system.rho),\(system.sigma),\(system.beta),\(exponent.value),\(exponent.error)\n"
    }
    return text
  }
}
