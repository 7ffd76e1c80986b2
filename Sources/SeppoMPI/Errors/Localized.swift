#if canImport(FoundationEssentials)
  public import FoundationEssentials
#else
  public import Foundation
#endif

// `localizedDescription` is the same sentence as the description.

extension SeppoError: LocalizedError {
  public var errorDescription: String? { description }
}

extension ItemError: LocalizedError {
  public var errorDescription: String? { debugDescription }
}

extension CheckpointError: LocalizedError {
  public var errorDescription: String? { description }
}
