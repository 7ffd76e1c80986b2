/// The results of a map on this rank.
@usableFromInline
struct MapOutput<Value> {
  /// The results in the order of the items, without gaps for failed items.
  @usableFromInline let values: [Value]
  /// The failed items, lowest first; empty if the first failure is thrown.
  let failures: [FailedItem]

  init(_ values: [Value], failures: [FailedItem] = []) {
    self.values = values
    self.failures = failures
  }

  /// Each item's result or error, in the order of the items.
  @usableFromInline
  var results: [Result<Value, SeppoError>] {
    var results: [Result<Value, SeppoError>] = []
    results.reserveCapacity(values.count + failures.count)
    var values = values.makeIterator()
    for failure in failures {
      while results.count < failure.index, let value = values.next() { results.append(.success(value)) }
      results.append(.failure(failure.error))
    }
    while let value = values.next() { results.append(.success(value)) }
    return results
  }
}
