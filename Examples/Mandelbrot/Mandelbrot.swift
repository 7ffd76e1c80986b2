// Shows forEachResult, which gives results to rank 0 as they come. It draws the Mandelbrot set. Each row of the picture is
// an item. All ranks compute rows, and rank 0 writes them to a PNG file, in order. So the whole picture is never in memory.
// The file has the same bytes for any number of ranks. Open it with any image viewer.
//
//   ./mpi-run.sh -n 4 Mandelbrot --output mandelbrot.png
//   ./mpi-run.sh -n 4 Mandelbrot --x -0.7453 --y 0.1127 --zoom 400 --output seahorses.png

import ArgumentParser
import CommandLineTool
import SeppoMPI

@main
struct Mandelbrot: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Draw the Mandelbrot set, or a part of it, on all ranks.",
    discussion: "The picture is a PNG file. A point's colour says after how many steps of z² + c it escapes.")

  @Option(help: "The width of the picture in pixels.")
  var width = 1_200

  @Option(help: "The height of the picture in pixels.")
  var height = 800

  // A value may begin with a minus sign.
  @Option(parsing: .unconditional, help: "The real part of the picture's centre.")
  var x = -0.65

  @Option(parsing: .unconditional, help: "The imaginary part of the picture's centre.")
  var y = 0.0

  @Option(help: "The magnification, from 1 to 1e12; 1 shows the whole set.")
  var zoom = 1.0

  @Option(help: "The number of steps after which a point is taken to be in the set.")
  var iterations = 2_000

  @Option(help: ArgumentHelp("The file for the picture.", valueName: "path"))
  var output = "mandelbrot.png"

  static func main() { runOnEveryRank() }

  func validate() throws {
    guard (1...PNGFile.maximumWidth).contains(width), (1...1_000_000).contains(height) else {
      throw ValidationError("--width must be from 1 to \(PNGFile.maximumWidth), --height from 1 to 1000000.")
    }
    guard (-2...2).contains(x), (-2...2).contains(y) else {
      throw ValidationError("--x and --y must be from -2 to 2: the set is within that distance of 0.")
    }
    guard (1...1e12).contains(zoom), (1...100_000_000).contains(iterations) else {
      throw ValidationError("--zoom must be from 1 to 1e12, --iterations from 1 to 100000000.")
    }
  }

  func run() throws {
    let view = View(width: width, height: height, x: x, y: y, zoom: zoom, iterations: iterations)
    let file = try Seppo.atRoot { try PNGFile(output, width: width, height: height) }
    try (0..<height).parallel().forEachResult(view.row) { _, row in
      try file.value?.append(row)  // on rank 0
    }
    try file.atRoot { file in
      try file.close()
      print("\(width) × \(height) pixels are in \(output)")
    }
  }
}
