#if canImport(FoundationEssentials)
  public import FoundationEssentials
#else
  public import Foundation
#endif

extension SeppoError: LocalizedError {
  /// The same sentence as `description`: what `localizedDescription` returns.
  public var errorDescription: String? { description }
}

extension ItemError: LocalizedError {
  /// The same sentence as `debugDescription`: what `localizedDescription` returns.
  public var errorDescription: String? { debugDescription }
}

extension CheckpointError: LocalizedError {
  /// The same sentence as `description`: what `localizedDescription` returns.
  public var errorDescription: String? { description }
}
