import Crypto
import Foundation

/// The program that runs, by what it is made of.
enum Program {
  /// Nil where it can't be read.
  static let name: String? = {
    guard let path = Bundle.main.executablePath,
      let bytes = try? Data(contentsOf: URL(fileURLWithPath: path), options: .alwaysMapped)
    else { return nil }
    return SHA256.hash(data: bytes).prefix(8).map { String(format: "%02x", $0) }.joined()
  }()
}
