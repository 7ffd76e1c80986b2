// fails: cannot conform to
import SeppoMPI

func mean(_ numbers: [Double]) throws -> Double {
  let (sum, count) = try numbers.parallel().reduce(
    into: (0.0, 0),
    { total, number in
      total.0 += number
      total.1 += 1
    },
    merge: { one, other in
      one.0 += other.0
      one.1 += other.1
    })
  return sum / Double(count)
}
