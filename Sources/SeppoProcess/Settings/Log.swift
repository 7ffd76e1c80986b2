internal import Logging

/// What this rank does, for who wants to see it (`SEPPO_LOG=debug`): to standard error, or to what the program has given to
/// swift-log's `LoggingSystem.bootstrap`.
package struct Log: Sendable {
  /// Nil where nothing is to be said: then a message isn't even made.
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
    // The name that people filter by.
    logger.debug("\(message())", source: "SeppoMPI")
  }
}
