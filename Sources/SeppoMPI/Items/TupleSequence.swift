import SeppoWire

/// The tuples of a sequence, as elements that can be sent.
public struct _Tuples<Base: Sequence, Element: _TupleItem>: Sequence {
  private let elements: LazyMapSequence<Base, Element>

  @usableFromInline
  init(_ base: Base, _ element: @escaping (Base.Element) -> Element) { elements = base.lazy.map(element) }

  public func makeIterator() -> LazyMapSequence<Base, Element>.Iterator { elements.makeIterator() }
}

/// A sequence whose elements are there if those of the sequences that it consists of are.
protocol CompositeSequence {
  /// The types of these sequences.
  static var parts: [any Sequence.Type] { get }
}

extension _Tuples: CompositeSequence {
  static var parts: [any Sequence.Type] { [Base.self] }
}

extension Zip2Sequence: CompositeSequence {
  static var parts: [any Sequence.Type] { [Sequence1.self, Sequence2.self] }
}

extension EnumeratedSequence: CompositeSequence {
  static var parts: [any Sequence.Type] { [Base.self] }
}

/// Returns whether the elements are drawn on rank 0 only, as they are needed. A collection that isn't lazy has its elements
/// already, on every rank, and so has a stride.
func isDrawn(_ base: any Sequence.Type) -> Bool {
  if let base = base as? any CompositeSequence.Type { return base.parts.contains { isDrawn($0) } }
  return !(base is any Collection.Type || base is any EvenlySpaced.Type) || base is any LazySequenceProtocol.Type
}
