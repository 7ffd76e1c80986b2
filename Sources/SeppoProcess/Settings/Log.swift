internal import Logging

/// The debug log of this rank (`SEPPO_LOG=debug`). It goes to standard error, or to the handler that the program has passed to
/// swift-log's `LoggingSystem.bootstrap`.
package struct Log: Sendable {
  /// Nil if logging is off. Then messages aren't even built.
  private let logger: Logger?

  package init(_ settings: Settings, rank: Int, host: String) {
    guard let level = settings.logLevel else {
      logger = nil
      return
    }
    var logger = Logger(label: "seppo")
    logger.logLevel = level
    logger[metadataKey: "rank"] = "\(rank)"
    logger[metadataKey: "host"] = "\(host)"
    self.logger = logger
  }

  package func debug(_ message: @autoclosure () -> String) {
    guard let logger else { return }
    // The name that users filter by.
    logger.debug("\(message())", source: "SeppoMPI")
  }
}
