/// The items of a chunk, as the rank that computes them has them.
enum TaskInput<Element> {
  /// In the program's own array, on rank 0.
  case memory(UnsafeBufferPointer<Element>)
  /// Drawn from a sequence, on rank 0.
  case drawn(DrawnItems<Element>.Part)
  case progression(ArithmeticProgression)
  /// Encoded, in a message.
  case wire(UnsafeRawBufferPointer, owner: AnyObject)
  /// Each item encoded by itself, in shared memory.
  case parts(EncodedItems)
}
