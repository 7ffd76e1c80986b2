import SeppoCompute
import SeppoEngine
import SeppoProcess
import SeppoTransport
import SeppoWire

/// Folds the values of all blocks of items into one.
///
/// - Parameters:
///   - neutral: the value with which each block starts.
///   - merge: called on rank 0's calling thread, in the order of the blocks.
/// - Returns: the value, or nil on ranks where the verb doesn't return it.
@usableFromInline
func runFold<Element: Codable & Sendable, Value: Codable & Sendable>(
  _ work: Work<Element>, _ verb: Verb, neutral: Value, merge: (inout Value, Value) throws -> Void,
  _ kernel: ChunkKernel
) throws -> Value? {
  try withoutActuallyEscaping(merge) { merge in
    try Job.forCall { try fold(MapCall($0, work, verb), work, neutral, merge, kernel) }
  }
}

private func fold<Element: Codable & Sendable, Value: Codable & Sendable>(
  _ call: MapCall<Element, Value>, _ work: Work<Element>, _ neutral: Value,
  _ merge: @escaping (inout Value, Value) throws -> Void, _ kernel: ChunkKernel
) throws -> Value? {
  try call.run(work, kernel, returnsValues: false) { part in
    func fold(_ value: inout Value, _ other: Value) throws {
      try CallContext.enter(.merge) { try merge(&value, other) }
    }
    let fold = FoldSink(fold) { first in
      var merged = first
      try fold(&merged, neutral)
      guard AnyValue.areSame(first, merged) else { throw call.notNeutral(neutral, first, merged) }
    }
    switch part {
    case .alone(let loop):
      _ = try loop.run(into: fold)
      if let thrown = fold.thrown { throw call.threw(thrown) { .mergeThrew($0) } }
      return fold.folded ?? neutral
    case .root(let loop):
      _ = try loop.run(into: fold)
      if let thrown = fold.thrown { try loop.fail(with: call.threw(thrown) { .mergeThrew($0) }) }
      return try gather(
        1, keepsCoded: call.encodesValues,
        { sink in
          sink.places(0..<1).initialize(repeating: fold.folded ?? neutral)
          if let bad = sink.receive(0..<1, [0..<1], from: nil, coded: nil) {
            try loop.fail(with: call.error(bad, nil))
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
