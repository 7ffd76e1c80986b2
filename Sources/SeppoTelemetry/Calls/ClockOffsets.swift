/// How far the clocks of other ranks are behind rank 0's, estimated from the messages that arrive: a message that was sent at
/// a rank's time t arrives after t, and the fastest message shows the difference best (as in the minimum filter of NTP:
/// D. L. Mills, RFC 5905, section 10). The error is the latency of the fastest message, which is microseconds. The ranks of one
/// machine have one clock.
package struct ClockOffsets: Sendable {
  private var offsets: [Int?]

  /// - Parameter haveOneClock: for each rank, whether it has the same clock as rank 0.
  package init(haveOneClock: [Bool]) { offsets = haveOneClock.map { $0 ? 0 : nil } }

  /// Notes a message, and returns a time of the rank's clock as a time of rank 0's.
  ///
  /// - Parameters:
  ///   - sent: a time shortly before the message was sent, of the rank's clock.
  ///   - received: when it was received, of rank 0's clock.
  ///   - time: the time to return, of the rank's clock.
  package mutating func local(_ time: Int, of rank: Int, sent: Int, received: Int) -> Int {
    if offsets[rank] == 0 { return time }
    let offset = min(offsets[rank] ?? .max, received &- sent)
    offsets[rank] = offset
    return time &+ offset
  }
}
