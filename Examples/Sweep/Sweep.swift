// Shows a checkpoint (SeppoCheckpoint). It computes the largest Lyapunov exponent of the Lorenz system for each point of a
// grid of parameters, and writes a table and a picture. Each result is stored in the checkpoint file. You can stop the
// program and start it again, on any number of ranks: it computes only the points that are missing.
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
    abstract: "Compute where the Lorenz system is chaotic, for a grid of its parameters ρ and σ.",
    discussion: """
      x' = σ(y − x), y' = x(ρ − z) − y, z' = xy − βz

      Results are stored in the checkpoint file as they are computed. Started again, Sweep computes only the missing ones.
      """)

  @Option(help: "The number of points along ρ.")
  var rhoSteps = 120

  @Option(help: "The number of points along σ.")
  var sigmaSteps = 80

  @Option(help: "The first and the last ρ.")
  var rho = Span(first: 0, last: 300)

  @Option(help: "The first and the last σ.")
  var sigma = Span(first: 1, last: 60)

  @Option(help: "β, the same for all points.")
  var beta = 8.0 / 3

  @Option(help: "The step of the Runge-Kutta method, in the system's unit of time.")
  var step = 0.005

  @Option(help: "The time for the orbit to approach its attractor.")
  var transient = 50

  @Option(help: "The time over which the exponent is measured afterwards.")
  var time = 200

  @Option(help: ArgumentHelp("The checkpoint file.", valueName: "path"))
  var checkpoint = "sweep.sqlite"

  @Flag(help: "Use no checkpoint: an interrupted sweep starts from the beginning.")
  var noCheckpoint = false

  @Option(help: ArgumentHelp("The file for the table.", valueName: "path"))
  var csv = "sweep.csv"

  @Option(help: ArgumentHelp("The file for the picture.", valueName: "path"))
  var svg = "sweep.svg"

  @Option(help: ArgumentHelp("A file to which the index of each computed point is appended.", visibility: .hidden))
  var log: String?

  static func main() { runOnEveryRank() }

  func validate() throws {
    guard (1...10_000).contains(rhoSteps), (1...10_000).contains(sigmaSteps) else {
      throw ValidationError("--rho-steps and --sigma-steps must be from 1 to 10000.")
    }
    guard beta.isFinite, beta > 0, sigma.first > 0, rho.first >= 0 else {
      throw ValidationError("--sigma and --beta must be greater than 0, and --rho must not be negative.")
    }
    guard step > 0, step <= 0.05, (0...10_000_000).contains(transient), (1...10_000_000).contains(time) else {
      throw ValidationError("--step must be greater than 0 and at most 0.05, --transient 0 or more, --time 1 or more.")
    }
  }

  func run() throws {
    let grid = Grid(rho: rho, rhoSteps: rhoSteps, sigma: sigma, sigmaSteps: sigmaSteps, beta: beta)
    let integration = Integration(step: step, transient: transient, time: time)
    let log = log.map(ItemLog.init)
    // The label has the parameters that aren't part of the points.
    let checkpoint = noCheckpoint ? nil : Checkpoint.sqlite(checkpoint, label: "\(integration)")
    let start = ContinuousClock.now

    let exponents = try grid.points.parallel(checkpoint: checkpoint, progress: "sweep").map { point in
      let exponent = point.system.largestExponent(integration)
      try log?.append(point.index)
      return exponent
    }

    try Seppo.atRoot {
      try Table.csv(grid, exponents).write(toFile: csv, atomically: true, encoding: .utf8)
      try HeatMap(grid, exponents, integration).svg.write(toFile: svg, atomically: true, encoding: .utf8)
      let seconds = (ContinuousClock.now - start) / .seconds(1)
      let stored = noCheckpoint ? "" : ", the results for a restart are in \(self.checkpoint)"
      let chaotic = exponents.count { $0.value > 4 * $0.error && $0.value > 0.01 }
      print(
        """
        \(exponents.count) points in \(String(format: "%.1f", seconds)) s on \(Seppo.size) ranks; \(chaotic) are chaotic.
        The exponents are in \(csv), the picture is in \(svg)\(stored).
        """)
    }
  }
}

/// A range of numbers, written as `0:300` on the command line.
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

  /// Returns `count` equally spaced numbers, including the first and the last.
  func points(_ count: Int) -> [Double] {
    let gap = (last - first) / Double(max(1, count - 1))
    return (0..<count).map { index in first + gap * Double(index) }
  }
}
