import SeppoProcess
import SeppoWire
import Synchronization

/// Admits collective calls one at a time, and numbers them.
///
/// `Sendable` because only the admitted thread changes the state, and the atomic orders the changes.
final class CallGate: @unchecked Sendable {
  enum Phase {
    /// `Seppo.run` has not been called. Calls don't need it.
    case outsideRun
    /// In the body of `Seppo.run`.
    case insideRun
    /// MPI has ended, or is about to.
    case ended
  }

  struct Call {
    var number = 0
    var name = ""
    var place = Place(fileID: "", line: 0, column: 0)
  }

  private let process: JobProcess
  private let isTaken = Atomic<Bool>(false)
  private var sites: [CallSite.Key: CallSite] = [:]
  /// The current call, or the last one.
  private(set) var current = Call()
  /// The error after which the ranks are no longer synchronised. Every further call throws it.
  var broken: SeppoError?
  var phase = Phase.outsideRun

  init(_ process: JobProcess) { self.process = process }

  /// Makes a collective call: numbers it, and excludes other threads of this rank until it ends.
  ///
  /// - Parameter seed: the seed on which the call's results depend, if any.
  /// - Throws: `SeppoError` if the call is not allowed here.
  func pass<Value>(
    _ name: String, at place: Place, types: [Any.Type], seed: Int? = nil, _ body: (CallSignature) throws -> Value
  ) throws -> Value {
    let context = CallContext.current
    guard context == .everyRank else {
      throw SeppoError.nested(.init(name, inside: context.name, place))
    }
    guard !RankProcess.isFork else { throw SeppoError.inForkedProcess(.init(name, place)) }
    guard phase != .ended else { throw SeppoError.afterEnd(.init(name, place)) }
    guard process.allowsThisThread() else { throw SeppoError.wrongThread(.init(name, place)) }
    guard take() else {
      // Which thread has started this one is unknown: it may belong to an item.
      if process.slots.isAnyInUse {
        throw SeppoError.nested(.init(name, inside: "an item (or on another thread, while items were computed)", place))
      }
      throw SeppoError.overlapping(.init(name, place))
    }
    defer { isTaken.store(false, ordering: .releasing) }
    if let broken { throw broken }
    current = Call(number: current.number + 1, name: name, place: place)
    return try body(
      CallSignature(number: current.number, site: try site(of: name, at: place, types: types), seed: seed))
  }

  /// Whether a thread is in a call.
  var isInCall: Bool { isTaken.load(ordering: .acquiring) }

  private func take() -> Bool {
    isTaken.compareExchange(expected: false, desired: true, ordering: .acquiringAndReleasing).exchanged
  }

  /// Returns whether this thread may use the transport from now on: it is the thread in the call, or it now excludes
  /// all calls.
  func takeTransport() -> Bool {
    switch CallContext.current {
    case .item, .source, .consumer, .pool: false
    case .atRoot, .merge: true
    case .everyRank: take()
    }
  }

  private func site(of call: String, at place: Place, types: [Any.Type]) throws(SeppoError) -> CallSite {
    let key = CallSite.Key(call: call, place: place, types: types)
    if let site = sites[key] { return site }
    try PlainMemoryPromise.check(types, place: place.text)
    let site = CallSite(call: call, place: place, types: types)
    sites[key] = site
    return site
  }
}
