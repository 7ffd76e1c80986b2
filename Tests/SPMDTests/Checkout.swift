import Foundation

/// The root folder of this checkout, and the MPI that it is built with.
enum Checkout {
  static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

  /// Returns the words that `mpicc -showme:WHAT` prints.
  static func mpicc(_ what: String) async throws -> [String] {
    let job = try await Mpirun.start("/usr/bin/env", ["mpicc", "-showme:\(what)"], [:], 30)
    return job.output.split(whereSeparator: \.isWhitespace).map(String.init)
  }
}
