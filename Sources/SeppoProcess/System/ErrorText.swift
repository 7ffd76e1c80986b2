#if canImport(FoundationEssentials)
  internal import FoundationEssentials
#else
  internal import Foundation
#endif

extension Error {
  /// The localised description if the error has one, else its description.
  package var text: String { (self as? any LocalizedError)?.errorDescription ?? "\(self)" }
}
