/// A cycle of colours: white, gold, night blue, blue.
enum Palette {
  private static let stops: [SIMD3<Double>] = [
    [0.93, 0.98, 1.00], [1.00, 0.66, 0.05], [0.00, 0.03, 0.25], [0.07, 0.36, 0.72],
  ]

  /// Returns red, green and blue from 0 to 1. The whole numbers are the colours of the list, and then it starts again.
  static func colour(_ place: Double) -> SIMD3<Double> {
    let whole = place.rounded(.down)
    let part = place - whole
    let index = Int(whole) % stops.count
    let (from, to) = (stops[index], stops[(index + 1) % stops.count])
    return from + (to - from) * (part * part * (3 - 2 * part))
  }
}
