/// Where a map keeps its results as they come, so that a later job goes on from there.
///
/// ```swift
/// import SeppoCheckpoint
///
/// let fits = try stars.parallel(checkpoint: .sqlite("fits.sqlite")).map(fit)
/// ```
///
/// Results are kept by rank 0, item by item. When the same program is run again, with any number of ranks, it computes
/// only the items that are missing and gives exactly what an uninterrupted run gives. What `f` itself does can't be seen
/// from here: when it is changed, begin a new file.
public struct Checkpoint: Sendable {
  let store: any CheckpointStore

  /// A checkpoint in a store of one's own.
  @_spi(CheckpointStore)
  public init(_ store: any CheckpointStore) { self.store = store }
}

/// A place for the results of maps: a file, in most cases. Opened on rank 0 only.
@_spi(CheckpointStore)
public protocol CheckpointStore: Sendable {
  /// What messages call it, as `fits.sqlite`.
  var name: String { get }
  /// What tells the place from others in this process: the same for one file, however it is named. The name, where a store
  /// says nothing else.
  var identity: String { get }
  /// What the call is to be known by; nil for its place in the program.
  var label: String? { get }
  /// So many results, at most, wait to be stored together; 1 or more.
  var mostAtRisk: Int { get }
  /// No result waits longer than this to be stored.
  var longestAtRisk: Duration { get }
  /// An item during which a rank died so many times is not tried again, once it is certain that it was this item; 1 or more.
  var deaths: Int { get }

  /// Opens it for one call, on rank 0.
  ///
  /// - Throws: `CheckpointError` where it can't be used, or holds other work; it is left as it was then.
  func open(for work: CheckpointWork) throws -> any CheckpointJournal
}

@_spi(CheckpointStore)
extension CheckpointStore {
  public var identity: String { name }
}

/// What a call is to compute: a checkpoint belongs to it.
@_spi(CheckpointStore)
public struct CheckpointWork {
  /// The line of the call, as `#fileID:#line`. What stands before the slash is the program's module.
  public let place: String
  /// 2 for the second time that a call at this place, or of this label, is made by one run of the program, as in a loop, and
  /// so on: what it captures may be other values then, so that it is another call.
  public let round: Int
  /// How many items there are.
  public let count: Int
  /// The name of the items' type.
  public let element: String
  /// The name of the results' type.
  public let result: String
  /// What the results' type looks like, for a store to keep: another text where that has changed under the same name.
  public let shape: String
  /// How results are written: `memory` as they stand in it, or `wire`.
  public let form: String
  /// InFlightSlots over bytes that say what each item is, in order: the same for the same items in every process, with sets and
  /// dictionaries in whatever order, and whether they are an array, a range or a stride.
  public let eachItem: (_ body: (_ index: Int, UnsafeRawBufferPointer) -> Void) -> Void

  /// For tests of stores.
  public init(
    place: String, round: Int = 1, count: Int, element: String, result: String, shape: String = "", form: String,
    eachItem: @escaping (_ body: (_ index: Int, UnsafeRawBufferPointer) -> Void) -> Void
  ) {
    self.place = place
    self.round = round
    self.count = count
    self.element = element
    self.result = result
    self.shape = shape
    self.form = form
    self.eachItem = eachItem
  }
}

/// A store that is open for one call. `append` and `flush` are called by one thread, the others by another; those of
/// `CheckpointNotes` while they are at work.
@_spi(CheckpointStore)
public protocol CheckpointJournal: CheckpointNotes, Sendable {
  /// What the call is known by in the store: the label that was given, or its place.
  var label: String { get }
  /// How many results are stored.
  var stored: Int { get }
  /// How many more are kept whose items aren't mapped any more, until all others are stored; 0 where a store says nothing.
  var orphaned: Int { get }
  /// Items that were in a rank's hands when an earlier job died, lowest first: they are given out one by one.
  var quarantine: [CheckpointQuarantinedItem] { get }

  /// InFlightSlots over the results that are stored, lowest item first. The body asks nothing of the journal.
  ///
  /// - Throws: `CheckpointError` where one isn't what was stored, and what the body throws.
  func load(_ body: (_ item: Int, _ bytes: UnsafeRawBufferPointer) throws -> Void) throws

  /// Takes a result. It is stored by the next `flush` at the latest.
  ///
  /// - Throws: `CheckpointError.tooLong` where it is longer than the store can hold: it is left out, and those that were
  ///   appended before stay appended.
  func append(_ result: CheckpointResult) throws

  /// Stores what was appended, all of it or nothing. Where it throws, that is forgotten, and appended again.
  func flush() throws

  /// Nothing is appended any more.
  func close()
}

@_spi(CheckpointStore)
extension CheckpointJournal {
  public var orphaned: Int { 0 }
}

/// What ranks have in hand, noted so that it outlives this process the moment that a method returns.
@_spi(CheckpointStore)
public protocol CheckpointNotes: AnyObject {
  /// A rank is being given these items. Slots are numbered from 0, and used again when they are cleared.
  func note(slot: Int, rank: Int, items: Range<Int>) throws
  /// What was noted there has come back.
  func clear(slot: Int) throws
  /// The job is dying, because these ranks have: what they had in hand counts a death each. Said again, it replaces what
  /// was said before.
  func note(dead ranks: [Int]) throws
  /// What a signal handler of rank 0's writes where that process is ended by a signal. Nil where there is nothing.
  var crashNote: CheckpointCrashNote? { get }
}

/// Bytes that a signal handler writes to a file that is open already, with `pwrite`.
@_spi(CheckpointStore)
public struct CheckpointCrashNote: Sendable {
  /// The file's descriptor.
  public let file: Int32
  /// Where in the file they go.
  public let offset: Int
  /// Where the process dies of a fault of its own: what `note(dead: [0])` writes; 32 bytes at most.
  public let afterFault: [UInt8]
  /// Where somebody ends it from outside: what `note(dead: [])` writes; 32 bytes at most.
  public let afterRequest: [UInt8]

  /// Words for a store's own file.
  public init(file: Int32, offset: Int, afterFault: [UInt8], afterRequest: [UInt8]) {
    self.file = file
    self.offset = offset
    self.afterFault = afterFault
    self.afterRequest = afterRequest
  }
}

/// A result on its way to a store.
@_spi(CheckpointStore)
public struct CheckpointResult {
  /// Which item's.
  public let item: Int
  /// The result, as the call's form says. Not to be kept.
  public let bytes: UnsafeRawBufferPointer
  /// The result itself.
  public let value: any Encodable & Sendable
  /// When it came, in seconds since 1970.
  public let time: Double
  /// Which rank computed it.
  public let rank: Int
  /// On which machine.
  public let host: String
  /// What computing it took; where items are so short that several are computed at a stretch, their mean.
  public let seconds: Double

  /// For tests of stores.
  public init(
    item: Int, bytes: UnsafeRawBufferPointer, value: any Encodable & Sendable, time: Double, rank: Int, host: String,
    seconds: Double
  ) {
    self.item = item
    self.bytes = bytes
    self.value = value
    self.time = time
    self.rank = rank
    self.host = host
    self.seconds = seconds
  }
}

/// An item that was in a rank's hands when an earlier job died.
@_spi(CheckpointStore)
public struct CheckpointQuarantinedItem: Sendable, Equatable {
  /// Its index.
  public let item: Int
  /// How many ranks died while they had it in hand, as far as is known; 0 where the job died as a whole.
  public let deaths: Int
  /// Whether it was all that one of these ranks had in hand, so that it is certain what that rank died at.
  public let isCertain: Bool

  /// For stores.
  public init(item: Int, deaths: Int, isCertain: Bool = false) {
    self.item = item
    self.deaths = deaths
    self.isCertain = isCertain
  }
}
