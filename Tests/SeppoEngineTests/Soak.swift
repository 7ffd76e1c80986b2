import Foundation

/// The factor for the number of random cases: SEPPO_SOAK, set by .ci/soak; otherwise 5 if CI=true, or 1.
let soak: Int = {
  let environment = ProcessInfo.processInfo.environment
  return environment["SEPPO_SOAK"].flatMap { Int($0) } ?? (environment["CI"] == "true" ? 5 : 1)
}()
