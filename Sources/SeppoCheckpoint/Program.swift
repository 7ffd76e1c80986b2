import Foundation
import SeppoWire

/// The program that runs, by what it is made of.
enum Program {
  /// Where it can't be read, it is taken for another each time that it runs.
  static let name: String = {
    guard let path = Bundle.main.executablePath,
      let bytes = try? Data(contentsOf: URL(fileURLWithPath: path), options: .alwaysMapped)
    else { return UUID().uuidString }
    let digest = bytes.withUnsafeBytes { Digest.short($0) }
    return String(format: "%016lx", digest)
  }()
}
