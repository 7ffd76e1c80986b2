import Foundation

/// The factor for the number of random trials: SEPPO_SOAK, which .ci/soak sets. The default is 1, or 5 with CI=true.
let soak: Int = {
  let environment = ProcessInfo.processInfo.environment
  return environment["SEPPO_SOAK"].flatMap { Int($0) } ?? (environment["CI"] == "true" ? 5 : 1)
}()
