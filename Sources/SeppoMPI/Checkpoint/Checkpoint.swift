/// A place that stores the results of a map as they arrive, so that a later job can resume.
///
/// ```swift
/// import SeppoCheckpoint
///
/// let fits = try stars.parallel(checkpoint: .sqlite("fits.sqlite")).map(fit)
/// ```
///
/// Rank 0 stores the results, item by item. When the same program runs again, with any number of ranks, it computes
/// only the missing items, and returns exactly what an uninterrupted run returns. A change of `f` can't be detected:
/// start a new file when you change it.
public struct Checkpoint: Sendable {
  let store: any CheckpointStore

  /// Creates a checkpoint with another store.
  @_spi(CheckpointStore)
  public init(_ store: any CheckpointStore) { self.store = store }
}

/// A store for the results of maps, in most cases a file. Opened on rank 0 only.
@_spi(CheckpointStore)
public protocol CheckpointStore: Sendable {
  /// The store's name in messages, such as `fits.sqlite`.
  var name: String { get }
  /// An identifier of the store within this process: the same for one file under all of its names. By default, the
  /// name.
  var identity: String { get }
  /// The label under which the call's results are stored; nil for the call's place in the program.
  var label: String? { get }
  /// The maximum number of results that wait to be stored together; 1 or more.
  var mostAtRisk: Int { get }
  /// The maximum time for which a result waits to be stored.
  var longestAtRisk: Duration { get }
  /// The number of ranks' deaths, certainly caused by the same item, after which it is not tried again; 1 or more.
  var deaths: Int { get }

  /// Opens the store for one call, on rank 0.
  ///
  /// - Throws: `CheckpointError` if the store can't be used or holds other work; it is then unchanged.
  func open(for work: CheckpointWork) throws -> any CheckpointJournal
}

@_spi(CheckpointStore)
extension CheckpointStore {
  public var identity: String { name }
}

/// The work of a call, by which a checkpoint recognises it.
@_spi(CheckpointStore)
public struct CheckpointWork {
  /// The place of the call, as `#fileID:#line`. The part before the slash is the program's module.
  public let place: String
  /// The number, from 1, of this call among those at the same place or with the same label in one run of the program,
  /// such as in a loop. Each is a different call, because it may capture other values.
  public let round: Int
  /// The number of items.
  public let count: Int
  /// The name of the item type.
  public let element: String
  /// The name of the result type.
  public let result: String
  /// A description of the structure of the result type, to be stored. It differs if the type has changed under the same
  /// name.
  public let shape: String
  /// The format of stored results: `memory` (as they are in memory) or `wire`.
  public let form: String
  /// Calls the body with bytes that identify each item, in order. Equal items have equal bytes in every process,
  /// whatever the order of sets and dictionaries, and whether the items are an array, a range or a stride.
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

/// A store that is open for one call. One thread calls `append` and `flush`, another one all other functions; those of
/// `CheckpointNotes` may run at the same time as `append` and `flush`.
@_spi(CheckpointStore)
public protocol CheckpointJournal: CheckpointNotes, Sendable {
  /// The key of the call in the store: its label, or its place if it has no label.
  var label: String { get }
  /// The number of stored results.
  var stored: Int { get }
  /// The number of further results whose items are no longer mapped. They are kept until all others are stored. By
  /// default 0.
  var orphaned: Int { get }
  /// The quarantined items, in ascending order: they were in flight when an earlier job died, and are sent out one by
  /// one.
  var quarantine: [CheckpointQuarantinedItem] { get }

  /// Calls the body with each stored result, in ascending order of the items. The body must not use the journal.
  ///
  /// - Throws: `CheckpointError` if a result is damaged, and rethrows errors of the body.
  func load(_ body: (_ item: Int, _ bytes: UnsafeRawBufferPointer) throws -> Void) throws

  /// Appends a result. It is stored by the next `flush` at the latest.
  ///
  /// - Throws: `CheckpointError.tooLong` if the result is longer than the store can hold. It is then left out; results
  ///   appended before are kept.
  func append(_ result: CheckpointResult) throws

  /// Stores all appended results, or none. If it throws, they are discarded, and the caller appends them again.
  func flush() throws

  /// Notes that an item's own processes have died, and not its rank, this number of times. Stored by the next `flush`.
  func note(crashed item: Int, deaths: Int)

  /// Closes the store for this call. Nothing is appended afterwards.
  func close()
}

@_spi(CheckpointStore)
extension CheckpointJournal {
  public var orphaned: Int { 0 }
  public func note(crashed item: Int, deaths: Int) {}
}

/// A record of the items that ranks have in flight. It survives this process's death as soon as a method has returned.
@_spi(CheckpointStore)
public protocol CheckpointNotes: AnyObject {
  /// Records that these items are being sent to a rank. Slots are numbered from 0 and are reused after they are
  /// cleared.
  func note(slot: Int, rank: Int, items: Range<Int>) throws
  /// Clears a slot whose items have returned.
  func clear(slot: Int) throws
  /// Records that the job ends because these ranks have died. Each counts as one death for the items that it had in
  /// flight. A later record replaces an earlier one.
  func note(dead ranks: [Int]) throws
  /// The bytes that a signal handler writes if a signal ends rank 0's process; nil if there are none.
  var crashNote: CheckpointCrashNote? { get }
}

/// Bytes that a signal handler writes, with `pwrite`, to a file that is already open.
@_spi(CheckpointStore)
public struct CheckpointCrashNote: Sendable {
  /// The file descriptor.
  public let file: Int32
  /// The offset in the file, in bytes.
  public let offset: Int
  /// Written if the process crashes: the bytes of `note(dead: [0])`; at most 32.
  public let afterFault: [UInt8]
  /// Written if the process is ended from outside: the bytes of `note(dead: [])`; at most 32.
  public let afterRequest: [UInt8]

  /// Creates a crash note for a store's file.
  public init(file: Int32, offset: Int, afterFault: [UInt8], afterRequest: [UInt8]) {
    self.file = file
    self.offset = offset
    self.afterFault = afterFault
    self.afterRequest = afterRequest
  }
}

/// A result that is to be stored.
@_spi(CheckpointStore)
public struct CheckpointResult {
  /// The index of the item.
  public let item: Int
  /// The result in the call's format. Valid only during the call of `append`.
  public let bytes: UnsafeRawBufferPointer
  /// The result as a value.
  public let value: any Encodable & Sendable
  /// The time of arrival, in seconds since 1970.
  public let time: Double
  /// The rank that computed it.
  public let rank: Int
  /// The host of that rank.
  public let host: String
  /// The computing time, in seconds. If items are so short that they are computed in batches, the mean of the batch.
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

/// An item that a rank had in flight when an earlier job died.
@_spi(CheckpointStore)
public struct CheckpointQuarantinedItem: Sendable, Equatable {
  /// The index of the item.
  public let item: Int
  /// The number of ranks that died while they had it in flight, as far as it is known; 0 if the whole job died.
  public let deaths: Int
  /// Whether it was the only item that one of these ranks had in flight, so that it certainly caused that rank's death.
  public let isCertain: Bool

  /// Creates a quarantined item.
  public init(item: Int, deaths: Int, isCertain: Bool = false) {
    self.item = item
    self.deaths = deaths
    self.isCertain = isCertain
  }
}
