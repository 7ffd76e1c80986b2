/// What an item does when it is computed.
package enum ItemBehavior: Sendable, Equatable {
  case fine
  case throwsAlways
  /// Throws on ranks with this remainder modulo two.
  case throwsOn(remainder: Int)
  /// Throws on the first tries, on any rank.
  case throwsFirst(Int)
  /// Hangs on this rank; on all ranks if nil.
  case neverReturns(on: Int?)
  /// Exceeds its time limit on the first tries: it takes two or four times the limit.
  case isOverdueFirst(Int)
  /// Kills the first ranks that compute it, except rank 0, whose death ends the job.
  case endsRank(first: Int)
  /// Its result decides the map.
  case decides
  /// Fails when it is sent, that is on every rank but 0.
  case cannotBeSent
  /// Its result fails when it is sent.
  case resultCannotBeSent
  /// Its result fails when the root reads it.
  case resultCannotBeRead

  func throwsError(on rank: Int, try ordinal: Int) -> Bool {
    switch self {
    case .throwsAlways: true
    case .throwsOn(let remainder): rank % 2 == remainder
    case .throwsFirst(let tries): ordinal < tries
    default: false
    }
  }

  func isOverdue(try ordinal: Int) -> Bool {
    if case .isOverdueFirst(let tries) = self { ordinal < tries } else { false }
  }

  func hangs(on rank: Int) -> Bool {
    if case .neverReturns(let place) = self { place == nil || place == rank } else { false }
  }

  func endsRank(_ rank: Int, try ordinal: Int) -> Bool {
    if case .endsRank(let tries) = self { rank > 0 && ordinal < tries } else { false }
  }

  /// Whether it fails on every rank and on every try.
  func mustFail(retries: Int) -> Bool { self == .throwsAlways }

  /// Whether it may fail permanently, not counting time limits that are too short for any item.
  func mayFail(retries: Int) -> Bool {
    switch self {
    case .fine, .decides, .endsRank: false
    case .throwsFirst(let tries), .isOverdueFirst(let tries): tries > retries
    default: true
    }
  }
}
