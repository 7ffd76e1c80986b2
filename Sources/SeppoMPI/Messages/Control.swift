import SeppoTransport
import SeppoWire

/// What the ranks say to each other. The numbers are MPI's tags.
extension MessageKind {
  /// To rank 0: a rank has come to a call (`Entry`).
  static let enter = MessageKind(1)
  /// From rank 0: a chunk to compute (`WorkFrame`, items).
  static let work = MessageKind(2)
  /// To rank 0: a chunk is done (`ReportFrame`: its values, and the items that failed).
  static let computed = MessageKind(3)
  /// From rank 0: items from this index on are not to be begun any more (`Int`).
  static let stop = MessageKind(5)
  /// From rank 0: how the call ended (`Outcome`).
  static let finish = MessageKind(6)
  /// From rank 0: the ranks have come to different calls (`SeppoError`).
  static let diverged = MessageKind(7)
  /// To rank 0: an error has left the body of `Seppo.run` (`String`).
  static let failed = MessageKind(8)
  /// From rank 0: half of what isn't begun is wanted elsewhere (nothing).
  static let recall = MessageKind(9)
  /// To rank 0: what of it this is (`[Int]`: lower and upper bounds in turns).
  static let returned = MessageKind(10)
  /// To rank 0: items have passed their time (`OverdueReport`).
  static let overdue = MessageKind(11)
  /// From rank 0: are you there? (`[Int]`: the call's number).
  static let ping = MessageKind(12)
  /// To rank 0: yes (nothing).
  static let pong = MessageKind(13)
  /// From rank 0: the job is being ended, and it has been said why (nothing).
  static let ended = MessageKind(14)
  /// To rank 0: this rank was asked to stop (`Int32`: the signal).
  static let askedToStop = MessageKind(15)
}

/// Small messages of Seppo's own.
enum Control {
  static func encode<Value: Encodable>(_ value: Value) throws(WireError) -> _WireWriter {
    try SingleValue.encode(value)
  }

  static func decode<Value: Decodable>(
    _ type: Value.Type, from bytes: UnsafeRawBufferPointer, rank: Int, host: String
  ) throws(SeppoError) -> Value {
    do throws(WireError) { return try SingleValue.decode(type, from: bytes) } catch {
      throw SeppoError(error, index: nil, rank: rank, host: host)
    }
  }

  /// Ranges as they travel.
  static func bounds(_ ranges: [Range<Int>]) -> [Int] { ranges.flatMap { [$0.lowerBound, $0.upperBound] } }

  static func ranges(_ bounds: [Int]) -> [Range<Int>] {
    stride(from: 0, to: bounds.count - 1, by: 2).map { bounds[$0]..<bounds[$0 + 1] }
  }
}
