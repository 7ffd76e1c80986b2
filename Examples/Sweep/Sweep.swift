// Shows a parameter sweep that outlives its job: the largest Lyapunov exponent of the Lorenz system for each point of a grid
// of parameters. Interrupt it and start it again, with any number of ranks: what was computed is in the checkpoint's file.
//
//   ./mpi-run.sh -n 4 Sweep --csv sweep.csv --svg sweep.svg

import ArgumentParser
import CommandLineTool
import Foundation
import SeppoCheckpoint
import SeppoMPI

@main
struct Sweep: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Compute where the Lorenz system is chaotic, point by point of its parameters ρ and σ.",
    discussion: """
      x' = σ(y − x), y' = x(ρ − z) − y, z' = xy − βz

      Results are kept in the checkpoint's file as they come; started again, it computes only what is missing there.
      """)

  @Option(help: "Points along ρ.")
  var rhoSteps = 120

  @Option(help: "Points along σ.")
  var sigmaSteps = 80

  @Option(help: "The first and the last ρ.")
  var rho = Span(first: 0, last: 300)

  @Option(help: "The first and the last σ.")
  var sigma = Span(first: 1, last: 60)

  @Option(help: "β, the same for all points.")
  var beta = 8.0 / 3

  @Option(help: "The Runge-Kutta method's step, in the system's unit of time.")
  var step = 0.005

  @Option(help: "How long the orbit is given to come near its attractor.")
  var transient = 50

  @Option(help: "How long it is then followed.")
  var time = 200

  @Option(help: ArgumentHelp("Where results are kept as they come.", valueName: "path"))
  var checkpoint = "sweep.sqlite"

  @Flag(help: "Keep nothing: an interrupted sweep begins anew.")
  var noCheckpoint = false

  @Option(help: ArgumentHelp("Where the table goes.", valueName: "path"))
  var csv = "sweep.csv"

  @Option(help: ArgumentHelp("Where the picture goes.", valueName: "path"))
  var svg = "sweep.svg"

  @Option(help: ArgumentHelp("Append the index of each point that is computed.", visibility: .hidden))
  var log: String?

  static func main() { runOnEveryRank() }

  func validate() throws {
    guard (1...10_000).contains(rhoSteps), (1...10_000).contains(sigmaSteps) else {
      throw ValidationError("A grid has from 1 to 10000 points along ρ and along σ.")
    }
    guard beta.isFinite, beta > 0, sigma.first > 0, rho.first >= 0 else {
      throw ValidationError("σ and β are above 0, and ρ is not below.")
    }
    guard step > 0, step <= 0.05, (0...10_000_000).contains(transient), (1...10_000_000).contains(time) else {
      throw ValidationError("The step is above 0 and at most 0.05, the transient 0 or more, the time 1 or more.")
    }
  }

  func run() throws {
    let grid = Grid(rho: rho, rhoSteps: rhoSteps, sigma: sigma, sigmaSteps: sigmaSteps, beta: beta)
    let integration = Integration(step: step, transient: transient, time: time)
    let log = log.map(ItemLog.init)
    // The label keeps apart what the points alone don't say.
    let checkpoint = noCheckpoint ? nil : Checkpoint.sqlite(checkpoint, label: "\(integration)")
    let begin = ContinuousClock.now

    let exponents = try grid.points.parallel(checkpoint: checkpoint).map { point in
      let exponent = point.system.largestExponent(integration)
      try log?.append(point.index)
      return exponent
    }

    try Seppo.atRoot {
      try Table.csv(grid, exponents).write(toFile: csv, atomically: true, encoding: .utf8)
      try HeatMap(grid, exponents, integration).svg.write(toFile: svg, atomically: true, encoding: .utf8)
      let seconds = (ContinuousClock.now - begin) / .seconds(1)
      let chaotic = exponents.count { $0.value > 4 * $0.error && $0.value > 0.01 }
      print(
        """
        \(exponents.count) points in \(String(format: "%.1f", seconds)) s on \(Seppo.size) ranks; \(chaotic) are chaotic.
        \(csv) has the exponents, \(svg) the picture\(noCheckpoint ? "" : ", \(self.checkpoint) what a restart needs").
        """)
    }
  }
}

/// From one number to another, as `0:300` on the command line.
struct Span: ExpressibleByArgument, CustomStringConvertible {
  let first: Double
  let last: Double

  init(first: Double, last: Double) { (self.first, self.last) = (first, last) }

  init?(argument: String) {
    let numbers = argument.split(separator: ":").compactMap { Double($0) }
    guard numbers.count == 2, numbers.allSatisfy(\.isFinite), numbers[0] <= numbers[1] else { return nil }
    self.init(first: numbers[0], last: numbers[1])
  }

  var description: String { "\(first):\(last)" }
  var defaultValueDescription: String { description }

  /// So many numbers, equally spaced, the first and the last among them.
  func points(_ count: Int) -> [Double] {
    let gap = (last - first) / Double(max(1, count - 1))
    return (0..<count).map { index in first + gap * Double(index) }
  }
}
