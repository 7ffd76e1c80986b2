#if canImport(FoundationEssentials)
  internal import FoundationEssentials
#else
  internal import Foundation
#endif

extension Error {
  /// What it says to people: the text it has for them, where it has one.
  package var text: String { (self as? any LocalizedError)?.errorDescription ?? "\(self)" }
}
