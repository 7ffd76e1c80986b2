import Foundation

/// How many times as much as by hand is tried at random: SEPPO_SOAK, which .ci/soak sets; without it 1, or 5 where CI=true.
let soak: Int = {
  let environment = ProcessInfo.processInfo.environment
  return environment["SEPPO_SOAK"].flatMap { Int($0) } ?? (environment["CI"] == "true" ? 5 : 1)
}()
