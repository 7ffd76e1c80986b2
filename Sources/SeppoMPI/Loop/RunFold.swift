import SeppoCompute
import SeppoEngine
import SeppoProcess
import SeppoTransport
import SeppoWire

/// Folds the values of all blocks of items into one.
///
/// - Parameters:
///   - initial: the value into which that of the first block is folded. If `isNeutral`, each block starts with it
///     instead, and so it must not change a value.
///   - isDecisive: returns whether no value after this one is needed.
///   - merge: called on rank 0's calling thread, in the order of the blocks.
/// - Returns: the value, or nil on ranks where the verb doesn't return it.
@usableFromInline
func runFold<Element: Codable & Sendable, Value: Codable & Sendable>(
  _ work: Work<Element>, _ verb: Verb, from initial: Value, isNeutral: Bool = false,
  isDecisive: ((Value) -> Bool)? = nil, merge: (inout Value, Value) throws -> Void, kernel: ChunkKernel
) throws -> Value? {
  try withoutActuallyEscaping(merge) { merge in
    try Job.forCall { job in
      let call = MapCall<Element, Value>(job, work, verb)
      func fold(_ value: inout Value, _ other: Value) throws {
        try CallContext.enter(.merge) { try merge(&value, other) }
      }
      let sink = FoldSink(from: isNeutral ? nil : initial, fold, isDecisive: isDecisive) { first in
        var merged = first
        try fold(&merged, initial)
        guard AnyValue.areSame(first, merged) else { throw call.notNeutral(initial, first, merged) }
      }
      return try call.run(work, kernel, returnsValues: false) { part in
        try call.fold(part, into: sink, initial)
      }
    }
  }
}

extension MapCall {
  /// - Parameter initial: the value if there are no blocks.
  fileprivate func fold(_ part: CallRole<Element, Value>, into fold: FoldSink<Value>, _ initial: Value) throws
    -> Value?
  {
    switch part {
    case .alone(let loop):
      _ = try loop.run(into: fold)
      if let thrown = fold.thrown { throw threw(thrown) { .mergeThrew($0) } }
      return fold.folded ?? initial
    case .root(let loop):
      _ = try loop.run(into: fold)
      if let thrown = fold.thrown { try loop.fail(with: threw(thrown) { .mergeThrew($0) }) }
      return try collectValues(
        1, keepsCoded: encodesValues,
        { sink in
          sink.places(0..<1).initialize(repeating: fold.folded ?? initial)
          if let bad = sink.receive(0..<1, [0..<1], from: nil, coded: nil) {
            try loop.fail(with: error(bad, nil))
          }
          return []
        }, then: { try loop.share($0, failures: $1) }
      ).values.first
    case .worker(let output): return output?.values.first
    }
  }
}

extension MapCall {
  fileprivate func notNeutral(_ neutral: Value, _ first: Value, _ merged: Value) -> SeppoError {
    func text(_ value: Value) -> String { AnyValue.text(value, atMost: 40) }
    return .badOption(
      .init(
        name: "\(verb.name)(into: \(text(neutral)))",
        reason: """
          each block of elements starts with a copy of it, so merging it into a value must not change the value (0 for a sum, \
          [:] for counts); it changed \(text(first)) to \(text(merged))
          """, place: place.text))
  }
}
