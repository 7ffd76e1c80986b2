import Foundation

/// Maps numbers to coordinates along one axis of the picture.
struct Axis {
  let low: Double
  let high: Double
  private let from: Double
  private let to: Double
  private let cells: Int

  init(low: Double, high: Double, from: Double, to: Double, cells: Int = 1) {
    (self.low, self.high, self.from, self.to, self.cells) = (low, high, from, to, cells)
  }

  /// Creates an axis on which each of these equally spaced numbers is the middle of a cell.
  init(cells: [Double], from: Double, to: Double) {
    let half = cells.count > 1 && cells[1] > cells[0] ? (cells[1] - cells[0]) / 2 : 0.5
    let high = cells[0] + half * Double(2 * cells.count - 1)
    self.init(low: cells[0] - half, high: high, from: from, to: to, cells: cells.count)
  }

  func position(_ value: Double) -> Double { from + (to - from) * (value - low) / (high - low) }

  /// Returns the coordinate at which a cell starts and the previous one ends.
  func edge(_ cell: Int) -> Double { from + (to - from) * Double(cell) / Double(cells) }

  /// Up to nine round numbers.
  var ticks: [Double] {
    let rough = (high - low) / 8
    let power = pow(10, log10(rough).rounded(.down))
    let step = power * ([1, 2, 5].first { $0 * power >= rough } ?? 10)
    return (Int((low / step).rounded(.up))...Int((high / step).rounded(.down))).map { Double($0) * step }
  }
}
