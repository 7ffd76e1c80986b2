/// Memory for the values of chunks that have not been received, for sinks whose values don't stay in place.
struct PendingBuffers<Value> {
  private var buffers: [Int: UnsafeMutableBufferPointer<Value>] = [:]

  /// Returns uninitialised memory for a chunk.
  mutating func allocate(_ chunk: Range<Int>) -> UnsafeMutableBufferPointer<Value> {
    // If some values of a chunk can't be read, the chunk is requested again.
    buffers.removeValue(forKey: chunk.lowerBound)?.deallocate()
    let buffer = UnsafeMutableBufferPointer<Value>.allocate(capacity: chunk.count)
    buffers[chunk.lowerBound] = buffer
    return buffer
  }

  /// Removes and returns the memory of a chunk, which the caller must free.
  mutating func take(_ chunk: Range<Int>) -> UnsafeMutableBufferPointer<Value>? {
    buffers.removeValue(forKey: chunk.lowerBound)
  }

  mutating func free() {
    for buffer in buffers.values { buffer.deallocate() }
    buffers = [:]
  }
}
