/// The part of the rank that has the items, in a call of several ranks.
protocol RootRole<Element, Value>: AnyObject {
  associatedtype Element: Codable & Sendable
  associatedtype Value: Codable & Sendable

  var call: MapCall<Element, Value> { get }

  /// Whether the number of values is known only at the end.
  var isOpenEnded: Bool { get }

  /// The number of values.
  var count: Int { get }

  /// Checks the memory for all values, before it is allocated.
  ///
  /// - Throws: an error on all ranks if there is not enough.
  func checkMemory() throws

  /// Computes all values, on all ranks.
  ///
  /// - Returns: the failed items, lowest first, if the verb keeps failures.
  /// - Throws: the error with which the call ends. It has been sent to every rank.
  func run(into sink: any Sink<Value>) throws -> [FailedItem]

  /// Sends the values to every rank, if the verb returns them there.
  func share(_ sink: ArraySink<Value>, failures: [FailedItem]) throws
}

extension RootRole {
  /// Ends the call with an error on every rank. All of them are in the call.
  func fail(with error: SeppoError) throws {
    try call.job.finish(.threw(error))
    throw error
  }

  func shareByMessages(_ sink: ArraySink<Value>, failures: [FailedItem]) throws {
    guard call.job.size > 1 else { return }
    guard call.broadcastsValues else { return try call.job.finish(.done) }
    let broadcast = try ResultBroadcast(call.job, failures: failures)
    if call.valuesAreMemory {
      try broadcast.send(memory: UnsafeMutableRawBufferPointer(sink.places(0..<sink.count)), count: sink.count)
    } else {
      try broadcast.send(sink.parts)
    }
  }
}
