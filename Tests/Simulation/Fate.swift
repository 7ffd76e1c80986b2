/// What becomes of an item when it is computed.
package enum Fate: Sendable, Equatable {
  case fine
  case throwsAlways
  /// On ranks with this remainder by two.
  case throwsOn(remainder: Int)
  /// The first so many tries, wherever they are.
  case throwsFirst(Int)
  /// On this rank; on all of them where that is nil.
  case neverReturns(on: Int?)
  /// The first so many tries take longer than an item may: by its time, or by three times that.
  case isOverdueFirst(Int)
  /// The first so many ranks that compute it are gone; never rank 0, whose end is the job's.
  case endsRank(first: Int)
  /// Fails where it travels: on every rank but 0.
  case cannotBeSent
  /// Its result fails where it travels.
  case resultCannotBeSent
  /// The same, and the root finds it.
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

  /// Whether it can't but fail, wherever it is computed and however often.
  func mustFail(retries: Int) -> Bool { self == .throwsAlways }

  /// Whether it may fail for good, leaving aside that every item may be overdue.
  func mayFail(retries: Int) -> Bool {
    switch self {
    case .fine, .endsRank: false
    case .throwsFirst(let tries), .isOverdueFirst(let tries): tries > retries
    default: true
    }
  }
}
