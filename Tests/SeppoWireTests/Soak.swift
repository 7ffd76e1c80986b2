import Foundation

/// A factor for the number of random tests: SEPPO_SOAK (set by .ci/soak); by default 5 if CI=true, otherwise 1.
let soak: Int = {
  let environment = ProcessInfo.processInfo.environment
  return environment["SEPPO_SOAK"].flatMap { Int($0) } ?? (environment["CI"] == "true" ? 5 : 1)
}()
