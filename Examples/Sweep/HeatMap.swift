import Foundation

/// A picture of the exponents, with a cell for each point, axes and a colour bar.
struct HeatMap {
  private let grid: Grid
  private let exponents: [Exponent]
  private let integration: Integration
  private let colours: ColourMap
  private let x: Axis
  private let y: Axis

  private static let plot = (left: 84.0, top: 76.0, width: 720.0, height: 440.0)

  init(_ grid: Grid, _ exponents: [Exponent], _ integration: Integration) {
    self.grid = grid
    self.exponents = exponents
    self.integration = integration
    let values = exponents.map(\.value).filter(\.isFinite)
    colours = ColourMap(lowest: min(values.min() ?? 0, -0.1), highest: max(values.max() ?? 0, 0.1))
    let plot = HeatMap.plot
    x = Axis(cells: grid.rhos, from: plot.left, to: plot.left + plot.width)
    y = Axis(cells: grid.sigmas, from: plot.top + plot.height, to: plot.top)
  }

  var svg: String {
    """
    <svg xmlns="http://www.w3.org/2000/svg" width="960" height="584" viewBox="0 0 960 584" \
    font-family="Helvetica, Arial, sans-serif" font-size="14" fill="#222">
    <rect width="960" height="584" fill="white"/>
    \(titles)
    <g shape-rendering="crispEdges">
    \(cells)
    \(bar)
    </g>
    \(curve)
    \(axes)
    </svg>

    """
  }

  private var titles: String {
    let plot = HeatMap.plot
    let beta = abs(grid.beta - 8.0 / 3) < 1e-12 ? "8/3" : "\(grid.beta)"
    return """
      <text x="\(plot.left)" y="34" font-size="20">Largest Lyapunov exponent of the Lorenz system</text>
      <text x="\(plot.left)" y="58" fill="#555">β = \(beta); \(grid.rhos.count) × \(grid.sigmas.count) points, each \
      followed for \(integration.time) units of time (Runge–Kutta 4, h = \(integration.step))</text>
      <text x="\(plot.left + plot.width / 2)" y="566" text-anchor="middle">ρ: Rayleigh number over its critical value \
      (no unit)</text>
      <text transform="translate(28 \(plot.top + plot.height / 2)) rotate(-90)" text-anchor="middle">σ: Prandtl number \
      (no unit)</text>
      """
  }

  /// Neighbouring cells of the same colour in a row are one rectangle.
  private var cells: String {
    var lines: [String] = []
    for row in grid.sigmas.indices {
      let first = row * grid.rhos.count
      let shades = exponents[first..<(first + grid.rhos.count)].map { colours.colour($0.value) }
      var start = 0
      for column in shades.indices where column + 1 == shades.count || shades[column + 1] != shades[start] {
        let (left, right) = (x.edge(start), x.edge(column + 1))
        let (bottom, top) = (y.edge(row), y.edge(row + 1))
        lines.append(rectangle(left, top, right - left, bottom - top, shades[start]))
        start = column + 1
      }
    }
    return lines.joined(separator: "\n")
  }

  /// The curve on which both convecting states lose their stability.
  private var curve: String {
    let lowest = grid.beta + 1
    // The points get denser towards the lowest σ, where the curve goes to infinity.
    let points = (1...200).compactMap { step in
      let sigma = lowest + (y.high - lowest) * pow(Double(step) / 200, 4)
      return Lorenz.hopf(sigma: sigma, beta: grid.beta).flatMap { rho in
        (x.low...x.high).contains(rho) && sigma >= y.low ? (x: x.position(rho), y: y.position(sigma)) : nil
      }
    }
    guard let last = points.last else { return "" }
    let line = points.map { "\(short($0.x)),\(short($0.y))" }.joined(separator: " ")
    return """
      <polyline points="\(line)" fill="none" stroke="#111" stroke-width="1.6" stroke-dasharray="6 4"/>
      <text x="\(short(last.x + 8))" y="\(short(last.y + 18))" stroke="white" stroke-width="3" paint-order="stroke" \
      font-style="italic">Hopf bifurcation</text>
      """
  }

  private var bar: String {
    let plot = HeatMap.plot
    let count = 128
    let height = plot.height / Double(count)
    return (0..<count).map { index in
      let value = colours.highest - (colours.highest - colours.lowest) * (Double(index) + 0.5) / Double(count)
      return rectangle(
        plot.left + plot.width + 34, plot.top + Double(index) * height, 18, height, colours.colour(value))
    }
    .joined(separator: "\n")
  }

  private var axes: String {
    let plot = HeatMap.plot
    let (right, bottom) = (plot.left + plot.width, plot.top + plot.height)
    let scale = Axis(low: colours.lowest, high: colours.highest, from: bottom, to: plot.top)
    var lines = [
      frame(plot.left, plot.top, plot.width, plot.height), frame(right + 34, plot.top, 18, plot.height),
      """
      <text transform="translate(940 \(plot.top + plot.height / 2)) rotate(-90)" text-anchor="middle">λ₁ per unit of time</text>
      """,
    ]
    for tick in x.ticks {
      let position = short(x.position(tick))
      lines.append(stroke(position, short(bottom), position, short(bottom + 6)))
      lines.append("<text x=\"\(position)\" y=\"\(bottom + 22)\" text-anchor=\"middle\">\(label(tick))</text>")
    }
    for tick in y.ticks {
      let position = short(y.position(tick))
      lines.append(stroke(short(plot.left - 6), position, short(plot.left), position))
      lines.append("<text x=\"\(plot.left - 10)\" y=\"\(position)\" dy=\"5\" text-anchor=\"end\">\(label(tick))</text>")
    }
    for tick in scale.ticks {
      let position = short(scale.position(tick))
      lines.append(stroke(short(right + 52), position, short(right + 57), position))
      lines.append("<text x=\"\(right + 62)\" y=\"\(position)\" dy=\"5\">\(label(tick))</text>")
    }
    return lines.joined(separator: "\n")
  }

  private func rectangle(_ x: Double, _ y: Double, _ width: Double, _ height: Double, _ fill: String) -> String {
    "<rect x=\"\(short(x))\" y=\"\(short(y))\" width=\"\(short(width))\" height=\"\(short(height))\" fill=\"\(fill)\"/>"
  }

  private func frame(_ x: Double, _ y: Double, _ width: Double, _ height: Double) -> String {
    "<rect x=\"\(x)\" y=\"\(y)\" width=\"\(width)\" height=\"\(height)\" fill=\"none\" stroke=\"#222\"/>"
  }

  private func stroke(_ x1: String, _ y1: String, _ x2: String, _ y2: String) -> String {
    "<line x1=\"\(x1)\" y1=\"\(y1)\" x2=\"\(x2)\" y2=\"\(y2)\" stroke=\"#222\"/>"
  }

  private func short(_ value: Double) -> String { String(format: "%.2f", value) }

  private func label(_ value: Double) -> String {
    let text = abs(value - value.rounded()) < 1e-9 ? "\(Int(value.rounded()))" : String(format: "%.3g", value)
    return text.replacingOccurrences(of: "-", with: "−")
  }
}
