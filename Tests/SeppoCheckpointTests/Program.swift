import Foundation

/// Starts programs for tests.
enum Program {
  struct Ended {
    let status: Int32
    let output: String
  }

  static func run(_ path: String, _ arguments: [String]) throws -> Ended {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: path)
    process.arguments = arguments
    let pipe = Pipe()
    process.standardOutput = pipe
    process.standardError = pipe
    try process.run()
    let output = String(decoding: try pipe.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
    process.waitUntilExit()
    return Ended(status: process.terminationStatus, output: output)
  }

  /// The path of the program that stores results until it is killed.
  static var storing: String {
    let bundle = Bundle.main.bundleURL
    let folder = bundle.path.hasSuffix(".xctest") ? bundle.deletingLastPathComponent() : bundle
    return folder.appendingPathComponent("Storing").path
  }
}

/// What the machine offers for tests. With `CI=true` it must offer everything, so that no test is skipped.
enum Machine {
  static var canMount: Bool { isCI || getuid() == 0 }
  static var isCI: Bool { ProcessInfo.processInfo.environment["CI"] == "true" }
}
