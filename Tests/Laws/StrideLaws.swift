import SeppoMPI

/// Requires that a map over the stride sees the stride's elements, bit for bit.
private func same<Number: Codable & Sendable & BinaryFloatingPoint>(_ stride: StrideTo<Number>, line: UInt = #line)
  throws
where Number.Stride == Number {
  try requireEqual(try stride.mapParallel { $0 }, Array(stride), line: line)
  try requireEqual(try stride.parallel(chunk: .items(2)).map { [$0] }, stride.map { [$0] }, line: line)
}

private func same<Number: Codable & Sendable & BinaryFloatingPoint>(
  _ stride: StrideThrough<Number>, line: UInt = #line
) throws where Number.Stride == Number {
  try requireEqual(try stride.mapParallel { $0 }, Array(stride), line: line)
  try requireEqual(try stride.parallel(chunk: .items(2)).map { [$0] }, stride.map { [$0] }, line: line)
}

let strideLaws = [
  Law("strides of floating-point numbers can be mapped") {
    try same(stride(from: 0, to: 1, by: 0.1))
    try same(stride(from: 0, through: 1, by: 0.1))
    try same(stride(from: 1, to: -1, by: -0.3))
    try same(stride(from: 1, through: -1, by: -0.25))
    try same(stride(from: 5, to: 5, by: 1.0))
    try same(stride(from: 5, through: 5, by: 1.0))
    try same(stride(from: 5, to: 4, by: 1.0))
    try same(stride(from: 5, through: 4, by: 1.0))
    try same(stride(from: Float(0), to: 1, by: 0.01))
    try same(stride(from: Float(0), through: 3, by: 0.3))
    // Steps that are lost in rounding.
    try same(stride(from: 1e16, to: 1e16 + 20, by: 1.0))
  },
  Law("random strides of floating-point numbers can be mapped") {
    var random = Seeded(state: 11)
    for _ in 0..<40 {
      let from = Double.random(in: -10...10, using: &random)
      let step = Double.random(in: 0.01...3, using: &random) * (Bool.random(using: &random) ? 1 : -1)
      let end = from + step * Double(Int.random(in: 0...200, using: &random))
      let strided = stride(from: from, to: end, by: step)
      try requireEqual(try strided.mapParallel { $0 }, Array(strided), "\(strided)")
      let through = stride(from: Float(from), through: Float(end), by: Float(step))
      try requireEqual(try through.mapParallel { $0 }, Array(through), "\(through)")
    }
  },
  Law("strides of integers can be mapped") {
    try requireEqual(
      try stride(from: 0, to: 100, by: 7).mapParallel { $0 * 2 }, stride(from: 0, to: 100, by: 7).map { $0 * 2 })
    try requireEqual(try stride(from: 10, through: -10, by: -5).mapParallel { $0 }, [10, 5, 0, -5, -10])
    try requireEqual(try stride(from: 10, to: -10, by: -5).mapParallel { $0 }, [10, 5, 0, -5])
    try requireEqual(try stride(from: 3, to: 3, by: 1).mapParallel { $0 }, [])
    try requireEqual(try stride(from: 3, to: 1, by: 1).mapParallel { $0 }, [])
    try requireEqual(try stride(from: UInt8(250), through: 255, by: 2).mapParallel { $0 }, [250, 252, 254])
    try requireEqual(
      try stride(from: Int.min, to: Int.max, by: Int.max).mapParallel { $0 }, [Int.min, -1, Int.max - 1])
    try requireEqual(try stride(from: UInt64.max - 3, through: UInt64.max, by: 3).mapParallel { $0 }, [.max - 3, .max])
  },
]
