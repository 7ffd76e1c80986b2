// Shows a pool (Seppo.withPool), for items that depend on earlier results. It integrates a function with narrow peaks. If
// the error of an interval is too large, the program cuts it in two and submits both halves. The digits are the same for
// any number of ranks.
//
//   ./mpi-run.sh -n 4 Adaptive --tolerance 1e-10

import ArgumentParser
import CommandLineTool
import SeppoMPI

@main
struct Adaptive: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Integrate a function with narrow peaks from 0 to 1, on all ranks.")

  // With a larger one, the first points would not show the narrowest peak.
  @Option(help: "The maximum error of the integral, from 1e-12 to 1e-8.")
  var tolerance = 1e-9

  static func main() { runOnEveryRank() }

  func validate() throws {
    guard (1e-12...1e-8).contains(tolerance) else {
      throw ValidationError("The tolerance must be from 1e-12 to 1e-8, not \(tolerance).")
    }
  }

  func run() throws {
    let whole = Interval(lower: 0, upper: 1, tolerance: tolerance)
    let parts = try Seppo.withPool(Adaptive.integrate) { pool in
      pool.submit(whole)
      var accepted: [(interval: Interval, area: Area)] = []
      while let (interval, result) = pool.next() {
        let area = try result.get()
        if area.error <= interval.tolerance || interval.isShortest {
          accepted.append((interval, area))
        } else {
          for half in interval.halves { pool.submit(half) }
        }
      }
      return accepted
    }
    try parts.atRoot { parts in
      // In the order of their position, so that the digits are the same for any number of ranks.
      let parts = parts.sorted { $0.interval.lower < $1.interval.lower }
      let integral = parts.reduce(0) { $0 + $1.area.value }
      let error = parts.reduce(0) { $0 + $1.area.error }
      print("\(integral) ± \(error), \(parts.count) intervals")
    }
  }

  /// Returns the area below the function, by Simpson's rule on the two halves of the interval, and its error.
  ///
  /// Source: J. N. Lyness, "Notes on the adaptive Simpson quadrature routine", J. ACM 16 (1969).
  static func integrate(_ interval: Interval) -> Area {
    let step = (interval.upper - interval.lower) / 4
    let y = (0...4).map { function(interval.lower + Double($0) * step) }
    let coarse = (y[0] + 4 * y[2] + y[4]) * step * 2 / 3
    let fine = (y[0] + 4 * y[1] + 2 * y[2] + 4 * y[3] + y[4]) * step / 3
    let correction = (fine - coarse) / 15
    return Area(value: fine + correction, error: abs(correction))
  }

  /// Returns the sum of three peaks with the area π. Yours may take minutes for each `x`.
  static func function(_ x: Double) -> Double {
    let peaks = [(centre: 0.1, width: 1e-2), (centre: 0.37, width: 1e-4), (centre: 0.7234, width: 1e-6)]
    return peaks.reduce(0) { sum, peak in
      let distance = x - peak.centre
      return sum + peak.width / (distance * distance + peak.width * peak.width)
    }
  }
}

struct Interval: Codable, Sendable {
  var lower: Double
  var upper: Double
  /// The error that its area may have.
  var tolerance: Double

  private var middle: Double { (lower + upper) / 2 }

  /// Whether there are too few numbers between the bounds to cut it again.
  var isShortest: Bool { upper - lower <= 8 * upper.ulp }

  var halves: [Interval] {
    [
      Interval(lower: lower, upper: middle, tolerance: tolerance / 2),
      Interval(lower: middle, upper: upper, tolerance: tolerance / 2),
    ]
  }
}

struct Area: Codable, Sendable {
  var value: Double
  var error: Double
}
