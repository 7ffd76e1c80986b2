// The strides of the standard library are sequences, whose bounds are accessible only through their mirror. A stride of
// standard numbers of up to 64 bits is an arithmetic progression, whose elements are the same, bit for bit.

extension StrideTo: EvenlySpaced {
  var progression: ArithmeticProgression? { Stride.progression(Mirror(reflecting: self), includesEnd: false) }
}

extension StrideThrough: EvenlySpaced {
  var progression: ArithmeticProgression? { Stride.progression(Mirror(reflecting: self), includesEnd: true) }
}

private enum Stride {
  static func progression(_ mirror: Mirror, includesEnd: Bool) -> ArithmeticProgression? {
    let parts = Dictionary(mirror.children.compactMap { child in child.label.map { ($0, child.value) } }) { $1 }
    guard let first = parts["from"], let end = parts["to"] ?? parts["through"], let step = parts["by"] else {
      return nil
    }
    return progression(first: first, end: end, step: step, includesEnd: includesEnd)
  }

  private static func progression(first: Any, end: Any, step: Any, includesEnd: Bool) -> ArithmeticProgression? {
    switch (first, end, step) {
    case (let first as Double, let end as Double, let step as Double):
      guard let count = countOf(first, end, step, includesEnd) else { return nil }
      return ArithmeticProgression(kind: .double, first: first.bitPattern, step: step.bitPattern, count: count)
    case (let first as Float, let end as Float, let step as Float):
      guard let count = countOf(first, end, step, includesEnd) else { return nil }
      return ArithmeticProgression(
        kind: .float, first: UInt64(first.bitPattern), step: UInt64(step.bitPattern), count: count)
    case (let first as any FixedWidthInteger, let end as any FixedWidthInteger, let step as Int):
      // Elements outside the range of Int are sent one by one.
      guard let from = Int(exactly: first), let to = Int(exactly: end) else { return nil }
      let (distance, overflow) = to.subtractingReportingOverflow(from)
      guard !overflow else { return nil }
      guard let count = countOf(distance, step, includesEnd) else { return nil }
      return ArithmeticProgression(first: first, step: step, count: count)
    default:
      return nil
    }
  }

  private static func countOf(_ distance: Int, _ step: Int, _ includesEnd: Bool) -> Int? {
    guard distance != 0 else { return includesEnd ? 1 : 0 }
    guard (distance > 0) == (step > 0) else { return 0 }
    let (whole, overflow) = distance.dividedReportingOverflow(by: step)
    guard !overflow, whole < Int.max else { return nil }
    return includesEnd || distance % step != 0 ? whole + 1 : whole
  }

  /// Counts the elements like the standard library: all positions whose rounded value is before the end, plus the end
  /// itself once if a position rounds to it. Several positions round to it if the step is smaller than the distance
  /// between neighbouring numbers.
  private static func countOf<Number: BinaryFloatingPoint>(
    _ first: Number, _ end: Number, _ step: Number, _ includesEnd: Bool
  ) -> Int? {
    func value(_ place: Int) -> Number { first.addingProduct(Number(place), step) }
    func isBefore(_ place: Int) -> Bool { step > 0 ? value(place) < end : value(place) > end }
    guard first.isFinite, end.isFinite, step.isFinite else { return nil }
    guard step > 0 ? end >= first : end <= first else { return 0 }
    let quotient = (end - first) / step
    // Not if the number type can't represent the count of steps exactly.
    guard quotient.isFinite, quotient < Number(1 << (Number.significandBitCount - 1)) else { return nil }
    // A binary search, because values are monotonic. At twice the distance of the end they have passed it.
    var (places, isPast) = (0, 2 * Int(quotient) + 2)
    while places < isPast {
      let middle = (places + isPast) / 2
      if isBefore(middle) { places = middle + 1 } else { isPast = middle }
    }
    return includesEnd && value(places) == end ? places + 1 : places
  }
}
