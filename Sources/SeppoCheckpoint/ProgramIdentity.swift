import Foundation
import SeppoWire

/// Identifies the running program by its contents.
enum ProgramIdentity {
  /// A digest of the executable. If it can't be read, each run counts as another program.
  static let digest: String = {
    guard let path = Bundle.main.executablePath,
      let bytes = try? Data(contentsOf: URL(fileURLWithPath: path), options: .alwaysMapped)
    else { return UUID().uuidString }
    let digest = bytes.withUnsafeBytes { Digest.short($0) }
    return String(format: "%016lx", digest)
  }()
}
