import SeppoCompute

/// Elements that are given by a first element and a step: ranges of integers, and strides. Only these two numbers are sent.
@usableFromInline
struct ArithmeticProgression: Sendable, Equatable {
  enum Kind: UInt64, Sendable {
    /// Any integer of up to 64 bits, in two's complement.
    case integer = 1
    case double = 2
    case float = 3
  }

  let kind: Kind
  /// A bit pattern. Integers are extended to 64 bits.
  let first: UInt64
  let step: UInt64
  let count: Int

  init(kind: Kind, first: UInt64, step: UInt64, count: Int) {
    self.kind = kind
    self.first = first
    self.step = step
    self.count = count
  }

  /// Returns nil for integers of more than 64 bits.
  init?<Integer: FixedWidthInteger>(first: Integer, step: Int, count: Int) {
    guard Integer.bitWidth <= 64 else { return nil }
    self.init(
      kind: .integer, first: UInt64(truncatingIfNeeded: first), step: UInt64(truncatingIfNeeded: step), count: count)
  }

  /// Writes the elements at these positions into uninitialised memory.
  func write<Element>(_ places: Range<Int>, to memory: UnsafeMutablePointer<Element>) {
    let raw = UnsafeMutableRawPointer(memory)
    switch kind {
    case .integer:
      switch MemoryLayout<Element>.size {
      case 1: fill(raw, UInt8.self, places)
      case 2: fill(raw, UInt16.self, places)
      case 4: fill(raw, UInt32.self, places)
      default: fill(raw, UInt64.self, places)
      }
    // One rounding for product and sum, so that all bits are the same as the standard library's.
    case .double:
      let (first, step) = (Double(bitPattern: first), Double(bitPattern: step))
      let values = raw.bindMemory(to: Double.self, capacity: places.count)
      for place in places { values[place - places.lowerBound] = first.addingProduct(Double(place), step) }
    case .float:
      let (first, step) = (Float(bitPattern: UInt32(first)), Float(bitPattern: UInt32(step)))
      let values = raw.bindMemory(to: Float.self, capacity: places.count)
      for place in places { values[place - places.lowerBound] = first.addingProduct(Float(place), step) }
    }
  }

  /// - Parameter type: an unsigned integer of the elements' width, which has the same bits.
  @inline(__always)
  private func fill<Integer: FixedWidthInteger>(
    _ raw: UnsafeMutableRawPointer, _ type: Integer.Type, _ places: Range<Int>
  ) {
    let values = raw.bindMemory(to: Integer.self, capacity: places.count)
    var value = first &+ UInt64(places.lowerBound) &* step
    for place in 0..<places.count {
      values[place] = Integer(truncatingIfNeeded: value)
      value &+= step
    }
  }
}

/// A collection whose elements may be an arithmetic progression.
protocol EvenlySpaced {
  /// Nil if the elements have to be sent one by one.
  var progression: ArithmeticProgression? { get }
}

extension Range: EvenlySpaced where Bound: FixedWidthInteger & Strideable, Bound.Stride: SignedInteger {
  var progression: ArithmeticProgression? { ArithmeticProgression(first: lowerBound, step: 1, count: count) }
}

extension ClosedRange: EvenlySpaced where Bound: FixedWidthInteger & Strideable, Bound.Stride: SignedInteger {
  var progression: ArithmeticProgression? { ArithmeticProgression(first: lowerBound, step: 1, count: count) }
}

/// Returns the collection as an arithmetic progression, or nil if it isn't one.
@usableFromInline
func progression<Base>(of base: Base) -> ArithmeticProgression? { (base as? any EvenlySpaced)?.progression }
