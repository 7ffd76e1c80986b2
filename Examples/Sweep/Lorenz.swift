import RealModule

/// The Lorenz system: convection between two plates, as three equations (E. N. Lorenz, Deterministic Nonperiodic Flow,
/// J. Atmos. Sci. 20, 1963).
struct Lorenz: Codable, Sendable {
  /// The Prandtl number.
  let sigma: Double
  /// The Rayleigh number, relative to its critical value, at which convection starts.
  let rho: Double
  /// A parameter for the shape of the convection rolls.
  let beta: Double
}

/// The parameters of the integration. Times are in the system's unit of time.
struct Integration: Sendable, CustomStringConvertible {
  /// The step of the Runge-Kutta method.
  let step: Double
  /// The time for the orbit to approach its attractor.
  let transient: Int
  /// The time over which the exponent is measured afterwards.
  let time: Int

  var stepsPerUnit: Int { Int((1 / step).rounded()) }

  var description: String { "h = \(step), transient \(transient), time \(time)" }
}

/// A mean growth rate, per unit of time.
struct Exponent: Codable, Sendable {
  let value: Double
  /// The standard error of `value`, estimated from ten pieces of the orbit.
  let error: Double
}

/// A state and a small deviation from it.
struct Pair {
  var x, y, z: Double
  var dx, dy, dz: Double

  func moved(_ step: Double, along slope: Pair) -> Pair {
    Pair(
      x: x + step * slope.x, y: y + step * slope.y, z: z + step * slope.z,
      dx: dx + step * slope.dx, dy: dy + step * slope.dy, dz: dz + step * slope.dz)
  }
}

extension Lorenz {
  /// Returns the largest Lyapunov exponent, the rate at which neighbouring orbits diverge. Above 0, the system is
  /// chaotic.
  ///
  /// The equations are integrated together with their linearisation, and the deviation is scaled to length 1 after each
  /// unit of time. The exponent is the mean logarithm of its lengths (Benettin, Galgani, Giorgilli, Strelcyn, Meccanica
  /// 15, 1980).
  func largestExponent(_ integration: Integration) -> Exponent {
    var pair = Pair(x: 1, y: 1, z: 20, dx: 1, dy: 0, dz: 0)
    for _ in 0..<integration.transient { _ = grow(&pair, integration) }
    let pieces = min(10, integration.time)
    var sums = [Double](repeating: 0, count: pieces)
    var counts = [Double](repeating: 0, count: pieces)
    for unit in 0..<integration.time {
      let piece = unit * pieces / integration.time
      sums[piece] += grow(&pair, integration)
      counts[piece] += 1
    }
    let duration = Double(integration.stepsPerUnit) * integration.step
    let rates = zip(sums, counts).map { $0 / ($1 * duration) }
    let mean = sums.reduce(0, +) / (Double(integration.time) * duration)
    let scatter = rates.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    return Exponent(
      value: mean, error: pieces > 1 ? Double.sqrt(scatter / Double(pieces * (pieces - 1))) : .infinity)
  }

  /// Follows an orbit for one unit of time, returns the logarithm of the deviation's growth, and scales it to length 1.
  private func grow(_ pair: inout Pair, _ integration: Integration) -> Double {
    for _ in 0..<integration.stepsPerUnit { step(&pair, integration.step) }
    let length = Double.sqrt(pair.dx * pair.dx + pair.dy * pair.dy + pair.dz * pair.dz)
    pair.dx /= length
    pair.dy /= length
    pair.dz /= length
    return Double.log(length)
  }

  /// Makes one step of the classical Runge-Kutta method.
  private func step(_ pair: inout Pair, _ h: Double) {
    let a = slope(pair)
    let b = slope(pair.moved(h / 2, along: a))
    let c = slope(pair.moved(h / 2, along: b))
    let d = slope(pair.moved(h, along: c))
    pair = pair.moved(h / 6, along: a).moved(h / 3, along: b).moved(h / 3, along: c).moved(h / 6, along: d)
  }

  private func slope(_ p: Pair) -> Pair {
    Pair(
      x: sigma * (p.y - p.x), y: p.x * (rho - p.z) - p.y, z: p.x * p.y - beta * p.z,
      dx: sigma * (p.dy - p.dx), dy: p.dx * (rho - p.z) - p.x * p.dz - p.dy,
      dz: p.dx * p.y + p.x * p.dy - beta * p.dz)
  }

  /// Returns the ρ at which both convecting states lose their stability (a Hopf bifurcation), or nil if there is none.
  static func hopf(sigma: Double, beta: Double) -> Double? {
    sigma > beta + 1 ? sigma * (sigma + beta + 3) / (sigma - beta - 1) : nil
  }
}
