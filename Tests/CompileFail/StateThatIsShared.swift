// fails: capture of 'plan' with non-Sendable type 'Plan' in a '@Sendable' closure
import SeppoMPI

final class Plan {
  var count = 0
}

func counts(_ numbers: [Double]) throws -> [Int] {
  let plan = Plan()
  return try numbers.parallel().map(with: { plan }) { plan, _ in
    plan.count += 1
    return plan.count
  }
}
