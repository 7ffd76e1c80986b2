/// Blue below zero, white at zero, brown above: "vik" of F. Crameri's scientific colour maps, sampled at eleven points.
struct ColourMap {
  /// The lowest and the highest value: one below zero, one above.
  let lowest: Double
  let highest: Double

  private static let below: [(Double, Double, Double)] = [
    (0, 18, 97), (3, 62, 125), (30, 111, 157), (113, 168, 196), (201, 221, 231), (243, 240, 236),
  ]
  private static let above: [(Double, Double, Double)] = [
    (243, 240, 236), (234, 206, 189), (211, 151, 116), (190, 101, 51), (139, 39, 6), (89, 0, 8),
  ]

  /// Few enough that neighbouring cells often have the same colour and are drawn as one.
  private static let shades = 64.0

  func colour(_ value: Double) -> String {
    guard value.isFinite else { return "#888888" }
    let side = value < 0 ? 1 - min(1, value / lowest) : min(1, value / highest)
    let shade = (side * ColourMap.shades).rounded() / ColourMap.shades
    let stops = value < 0 ? ColourMap.below : ColourMap.above
    let place = shade * Double(stops.count - 1)
    let index = min(Int(place), stops.count - 2)
    let part = place - Double(index)
    func mix(_ first: Double, _ second: Double) -> String {
      let digits = String(Int((first + (second - first) * part).rounded()), radix: 16)
      return digits.count == 1 ? "0" + digits : digits
    }
    let (from, to) = (stops[index], stops[index + 1])
    return "#" + mix(from.0, to.0) + mix(from.1, to.1) + mix(from.2, to.2)
  }
}
