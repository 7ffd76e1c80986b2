import Foundation

/// A rectangle of the complex plane, and the number of pixels that show it.
struct View: Sendable {
  let width: Int
  let height: Int
  /// The centre.
  let x: Double
  let y: Double
  let zoom: Double
  let iterations: Int

  /// Each pixel has the mean colour of this many points along each side, so that edges are smooth.
  private static let samples = 3

  /// Returns the colours of a row of pixels, three bytes for each. Row 0 is at the top.
  func row(_ row: Int) -> [UInt8] {
    let samples = View.samples
    // At zoom 1, the picture has room for 3.75 × 2.5 units: the whole set.
    let distance = max(3.75 / Double(width), 2.5 / Double(height)) / zoom / Double(samples)
    var bytes: [UInt8] = []
    bytes.reserveCapacity(3 * width)
    for column in 0..<width {
      var sum = SIMD3<Double>.zero
      for point in 0..<(samples * samples) {
        let right = Double(2 * (column * samples + point % samples) + 1 - width * samples) / 2
        let down = Double(2 * (row * samples + point / samples) + 1 - height * samples) / 2
        sum += colour(x + right * distance, y - down * distance)
      }
      let mean = sum / Double(samples * samples)
      for part in 0..<3 { bytes.append(UInt8(255 * mean[part])) }
    }
    return bytes
  }

  private func colour(_ x: Double, _ y: Double) -> SIMD3<Double> {
    guard let steps = steps(x, y) else { return .zero }
    // The logarithm gives as many colours to the first steps as to the later ones, which are closer together.
    return Palette.colour(log2(1 + max(0, steps)))
  }

  /// Returns the number of steps after which a point escapes, or nil if it doesn't. It is no whole number, so that colours
  /// have no visible steps.
  ///
  /// Source: F. García, A. Fernández, J. Barrallo, L. Martín, "Coloring dynamical systems in the complex plane".
  private func steps(_ x: Double, _ y: Double) -> Double? {
    var (real, imaginary) = (0.0, 0.0)
    for step in 0..<iterations {
      let (square, other) = (real * real, imaginary * imaginary)
      if square + other > 65_536 { return Double(step) - log2(log2(square + other) / 16) }
      imaginary = 2 * real * imaginary + y
      real = square - other + x
    }
    return nil
  }
}
