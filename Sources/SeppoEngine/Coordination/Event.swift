/// What a coordinator is told.
package enum Event: Sendable {
  /// There are this many items more.
  case supplied(Int)
  /// No more items come.
  case closed
  /// A worker takes part from now on.
  case joined(worker: Int, threads: Int)
  /// A chunk is done.
  case report(worker: Int, ChunkReport)
  /// These ends of chunks were not begun: the answer to `recall`, empty where all was begun.
  case returned(worker: Int, [Range<Int>])
  /// Items have passed their time.
  case overdue(worker: Int, OverdueReport)
  /// An item of the chunk that was given last can't be sent: what stands below it in the chunk was, what stands above wasn't.
  /// The worker is said to hold that end no more (`shortened`).
  case unsendable(worker: Int, chunk: Range<Int>, ItemFailure)
  /// A worker is gone.
  case lost(worker: Int)
  /// Nothing is begun any more: the job ends early.
  case stopped
  /// Nothing is begun any more, and the call ends when what is under way is back: it can't be right.
  case refused
}

/// What a coordinator wants done.
package enum Effect: Sendable {
  /// The worker gets the chunk. As a repetition, what it gives is compared with what the first time gave.
  case give(worker: Int, chunk: Range<Int>, isRepetition: Bool)
  /// The worker is to give up half of what it has not begun.
  case recall(worker: Int)
  /// Nobody begins items from this one on.
  case limit(Int)
  /// The worker holds this chunk no more.
  case released(worker: Int, Range<Int>)
  /// The worker holds this end of a chunk no more.
  case shortened(worker: Int, Range<Int>)
  /// The item has failed for good, after so many tries.
  case failed(ItemFailure, tries: Int)
  /// An item of this report was computed before by another worker: the results are to be compared.
  case compare(index: Int, first: Int, second: Int, ChunkReport)
  /// Nothing goes on before this item, which has passed its time, comes back; and it has had as long again.
  case stuck(index: Int, worker: Int, nanoseconds: Int)
  /// All is done.
  case finished
}
