import SeppoTransport
import SeppoWire

/// The kinds of messages between ranks. The numbers are MPI tags.
extension MessageKind {
  /// To rank 0: a rank has reached a call (`CallEntry`).
  static let enter = MessageKind(1)
  /// From rank 0: a chunk to compute (`WorkFrame`, items).
  static let work = MessageKind(2)
  /// To rank 0: a chunk is done (`ReportFrame`: its values, and the items that failed).
  static let computed = MessageKind(3)
  /// From rank 0: don't start items from this index on (`Int`).
  static let stop = MessageKind(5)
  /// From rank 0: how the call ended (`CallOutcome`).
  static let finish = MessageKind(6)
  /// From rank 0: the ranks have reached different calls (`SeppoError`).
  static let diverged = MessageKind(7)
  /// To rank 0: an error has left the body of `Seppo.run` (`String`).
  static let failed = MessageKind(8)
  /// From rank 0: return half of the unstarted items (no content).
  static let recall = MessageKind(9)
  /// To rank 0: the returned items (`[Int]`: alternating lower and upper bounds).
  static let returned = MessageKind(10)
  /// To rank 0: items have exceeded their timeout (`OverdueReport`).
  static let overdue = MessageKind(11)
  /// From rank 0: a heartbeat request (`[Int]`: the call's number).
  static let ping = MessageKind(12)
  /// To rank 0: the reply to a heartbeat request (no content).
  static let pong = MessageKind(13)
  /// From rank 0: the job is being ended, and the reason has been reported (no content).
  static let ended = MessageKind(14)
  /// To rank 0: this rank was asked to stop (`Int32`: the signal).
  static let askedToStop = MessageKind(15)
  /// From rank 0: the address of memory that the ranks share (`SharedSegment.Address`, as its memory).
  static let sharedMemory = MessageKind(16)
}

/// Encoding of small control messages.
enum Control {
  static func encode<Value: Encodable>(_ value: Value) throws(WireError) -> WireWriter {
    try SingleValue.encode(value)
  }

  static func decode<Value: Decodable>(
    _ type: Value.Type, from bytes: UnsafeRawBufferPointer, rank: Int, host: String, place: Place? = nil
  ) throws(SeppoError) -> Value {
    do throws(WireError) { return try SingleValue.decode(type, from: bytes) } catch {
      throw SeppoError(error, index: nil, rank: rank, host: host, place: place)
    }
  }

  /// Returns the bounds of ranges, as they are sent.
  static func bounds(_ ranges: [Range<Int>]) -> [Int] { ranges.flatMap { [$0.lowerBound, $0.upperBound] } }

  static func ranges(_ bounds: [Int]) -> [Range<Int>] {
    stride(from: 0, to: bounds.count - 1, by: 2).map { bounds[$0]..<bounds[$0 + 1] }
  }
}
