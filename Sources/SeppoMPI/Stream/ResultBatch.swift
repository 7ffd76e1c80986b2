/// Results that are consumed one after the other.
@usableFromInline
struct ResultBatch<Value> {
  /// The indices of the results, as ranges.
  @usableFromInline let runs: [Range<Int>]
  @usableFromInline let values: [Value]
  /// How many results are consumed before others may be computed for them.
  @usableFromInline var step = 1

  init(_ runs: [Range<Int>], _ values: [Value]) {
    self.runs = runs
    self.values = values
  }

  /// Calls the consumer with each result.
  ///
  /// - Parameter note: called with the number of results that have been consumed since the last call.
  @inlinable
  @inline(__always)
  func forEach(_ consume: (Int, Value) throws -> Void, note: (Int) -> Void) rethrows {
    var (place, noted) = (0, 0)
    for run in runs {
      for index in run {
        try consume(index, values[place])
        place += 1
        if place - noted == step {
          note(step)
          noted = place
        }
      }
    }
    note(place - noted)
  }
}
