import Foundation

/// Programs that tests start.
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

  /// The program beside this one that stores results until it is killed.
  static var storing: String {
    let bundle = Bundle.main.bundleURL
    let folder = bundle.path.hasSuffix(".xctest") ? bundle.deletingLastPathComponent() : bundle
    return folder.appendingPathComponent("Storing").path
  }
}

/// What a machine lacks for a test is said by name; where `CI=true` it has all of it.
enum Machine {
  static var canMount: Bool { isCI || getuid() == 0 }
  static var isCI: Bool { ProcessInfo.processInfo.environment["CI"] == "true" }
}
