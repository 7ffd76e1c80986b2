/// An event that the coordinator handles.
package enum CoordinatorEvent: Sendable {
  /// This number of items was added.
  case supplied(Int)
  /// This number of items will probably be added while the present ones are computed.
  case expected(Int)
  /// No more items will be added.
  case closed
  /// A worker has joined.
  case joined(worker: Int, threads: Int)
  /// A worker has finished a chunk.
  case report(worker: Int, ChunkReport)
  /// A worker returns unstarted ends of chunks: the reply to `recall`, empty if all items were started.
  case returned(worker: Int, [Range<Int>])
  /// Items have exceeded their time limit.
  case overdue(worker: Int, OverdueReport)
  /// An item of the last assigned chunk can't be sent. The items below it in the chunk were sent; those above it were
  /// not. The worker no longer holds that end of the chunk (`shortened`).
  case unsendable(worker: Int, chunk: Range<Int>, ItemFailure)
  /// The result of this item, which has been reported, decides the call: no item above it is needed.
  case decided(by: Int)
  /// A worker is lost.
  case lost(worker: Int)
  /// The job ends early: no more items are started.
  case stopped
  /// The call is invalid: no more items are started, and the call ends when all chunks have been returned.
  case refused
}

/// An action that the coordinator requests.
package enum CoordinatorEffect: Sendable {
  /// Assign the chunk to the worker. For a repetition, the result is compared with the first one.
  case assign(worker: Int, chunk: Range<Int>, isRepetition: Bool)
  /// Ask the worker to give up half of its unstarted items.
  case recall(worker: Int)
  /// No worker may start an item at or above this index.
  case limit(Int)
  /// The worker no longer holds this chunk.
  case released(worker: Int, Range<Int>)
  /// The worker no longer holds this end of a chunk.
  case shortened(worker: Int, Range<Int>)
  /// The item has failed permanently, after this number of tries.
  case failed(ItemFailure, tries: Int)
  /// These items are done, or have failed permanently. Reported only if the rules ask for it.
  case settled(Range<Int>)
  /// The call is decided by this item, which is below all failed ones. Their failures don't count. A later effect may
  /// report an item below it that fails or decides.
  case decided(by: Int)
  /// Compare an item of this report with the result that another worker has computed.
  case compare(index: Int, first: Int, second: Int, ChunkReport)
  /// The call can't continue until this overdue item finishes, and every overdue item has run for twice its time limit.
  case stuck(index: Int, worker: Int, nanoseconds: Int)
  /// The call is finished.
  case finished
}
