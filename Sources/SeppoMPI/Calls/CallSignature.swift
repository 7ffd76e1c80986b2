/// A line of the user's program.
@usableFromInline
struct Place: Sendable {
  let fileID: StaticString
  let line: UInt

  @usableFromInline
  init(fileID: StaticString, line: UInt) {
    self.fileID = fileID
    self.line = line
  }

  /// Empty for line 0, where there is none.
  var text: String { line == 0 ? "" : "\(fileID):\(line)" }
}

/// What a rank says of the call that it has come to; all ranks must say the same.
struct CallSignature: Codable, Equatable, Sendable {
  let number: Int
  let call: String
  let place: String
  let types: String

  func position(of rank: Int) -> SeppoError.Position {
    .init(rank: rank, number: number, call: call, place: place, types: types)
  }
}

/// What a rank sends to rank 0 when it comes to a call.
struct Entry: Codable, Sendable {
  let signature: CallSignature
  /// Compute threads with which the rank takes part.
  let threads: Int
}

/// How a call ended, as rank 0 tells it to the others.
enum Outcome: Codable, Sendable {
  /// Nothing comes to this rank.
  case done
  /// So many values in so many bytes follow by broadcast.
  case values(count: Int, bytes: Int)
  case threw(SeppoError)
  /// Rank 0 has called `Seppo.exit` where only it is: everybody follows.
  case exit(status: Int32)
}

/// `String(describing:)` of types, which is the same in every process. (Reflecting and mangled names of private and local
/// types hold an address.) It costs more than a small call, so it is kept.
struct TypeNames {
  private var names: [ObjectIdentifier: String] = [:]

  mutating func of(_ type: Any.Type) -> String {
    if let name = names[ObjectIdentifier(type)] { return name }
    let name = String(describing: type)
    names[ObjectIdentifier(type)] = name
    return name
  }
}
