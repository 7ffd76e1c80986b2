import SeppoEngine

/// The kind of a call, its source location, and its types, on which all ranks must agree. Created once and kept, because its
/// texts cost more than a small call.
final class CallSite {
  /// A key for finding a site without creating its texts.
  struct Key: Hashable {
    let call: String
    let file: UInt
    let line: UInt
    let column: UInt
    let first: ObjectIdentifier?
    let second: ObjectIdentifier?

    init(call: String, place: Place, types: [Any.Type]) {
      self.call = call
      file = UInt(bitPattern: place.fileID.utf8Start)
      line = place.line
      column = place.column
      first = types.first.map { ObjectIdentifier($0) }
      second = types.last.map { ObjectIdentifier($0) }
    }
  }

  let call: String
  let place: String
  /// The source location with its column.
  let exactPlace: String
  let types: String
  /// Call, exact place and types, as they are sent.
  let bytes: [UInt8]
  /// On rank 0: what earlier calls from this site have measured of their items.
  var calibration: Calibration?
  /// On rank 0: whether the next call from this site may be made in shared memory.
  var mayBeShared = false
  /// On rank 0: whether a rank can't make calls from this site in shared memory, or their items don't fit there.
  var isUnsuited = false
  /// On other ranks: whether the last call from this site was made in shared memory.
  var wasShared = false

  /// Whether this is where the program ends outside of `Seppo.run`, which has no place in it.
  var isProgramEnd: Bool { place.isEmpty }

  private static let separator: UInt8 = 0

  /// - Parameter types: named by `String(describing:)`, which is the same in every process. (Reflected and mangled names of
  ///   private and local types contain an address.)
  init(call: String, place: Place, types: [Any.Type]) {
    self.call = call
    self.place = place.text
    exactPlace = place.textWithColumn
    self.types = types.map { String(describing: $0) }.joined(separator: " → ")
    bytes = CallSite.bytes([call, exactPlace, self.types])
  }

  /// Returns call, exact place and types, as they are sent by a rank that uses this seed.
  func bytes(seed: Int) -> [UInt8] { CallSite.bytes([call(seed: seed), exactPlace, types]) }

  /// Returns the call with its seed, if it has one.
  func call(seed: Int?) -> String { seed.map { "\(call) with seed \($0)" } ?? call }

  private static func bytes(_ texts: [String]) -> [UInt8] {
    Array(texts.map { Array($0.utf8) }.joined(separator: [separator]))
  }

  /// Returns the three texts.
  static func texts(_ bytes: some Sequence<UInt8>) -> [String] {
    Array(bytes).split(separator: separator, maxSplits: 2, omittingEmptySubsequences: false).map {
      String(decoding: $0, as: UTF8.self)
    }
  }
}

/// A rank's description of the call that it has reached. It must be the same on all ranks.
struct CallSignature {
  /// The number of calls that the rank has made.
  let number: Int
  let site: CallSite
  /// The seed on which the results depend; nil if they depend on none.
  let seed: Int?

  /// The texts as they are sent: those of the site, and the seed.
  var bytes: [UInt8] { seed.map { site.bytes(seed: $0) } ?? site.bytes }

  func position(of rank: Int) -> SeppoError.Position {
    .init(rank: rank, number: number, call: site.call(seed: seed), place: site.exactPlace, types: site.types)
  }
}
