import Crypto
import Foundation

/// The program that runs, by what it is made of.
enum Program {
  /// Where it can't be read, it is taken for another each time that it runs.
  static let name: String = {
    guard let path = Bundle.main.executablePath,
      let bytes = try? Data(contentsOf: URL(fileURLWithPath: path), options: .alwaysMapped)
    else { return UUID().uuidString }
    return SHA256.hash(data: bytes).prefix(8).map { String(format: "%02x", $0) }.joined()
  }()
}
