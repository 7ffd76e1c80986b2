import Foundation

/// How many times as much as usual is tried at random: SEPPO_SOAK, which .ci/soak sets; 1 without it.
let soak = ProcessInfo.processInfo.environment["SEPPO_SOAK"].flatMap { Int($0) } ?? 1
