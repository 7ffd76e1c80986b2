import Foundation

/// The checkout that this test belongs to, and the MPI that it is built with.
enum Checkout {
  static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

  /// What `mpicc -showme:WHAT` prints, word by word.
  static func mpicc(_ what: String) async throws -> [String] {
    let job = try await Mpirun.start("/usr/bin/env", ["mpicc", "-showme:\(what)"], [:], 30)
    return job.output.split(whereSeparator: \.isWhitespace).map(String.init)
  }
}
