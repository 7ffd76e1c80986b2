import SeppoTransport
import SeppoWire

/// One chunk of a map: from items to results, on a compute thread.
///
/// As every `ComputeTask`, it is in one pair of hands at a time: that is why it is `@unchecked Sendable`.
final class MapTask<Element: Codable & Sendable, Result: Codable & Sendable>: ComputeTask, @unchecked Sendable {
  /// Where the items are.
  enum Input {
    /// On rank 0: in the program's own array.
    case memory(UnsafeBufferPointer<Element>)
    /// As they came by message, behind a `ChunkHeader`.
    case wire(UnsafeRawBufferPointer, owner: AnyObject)
  }

  /// Where the results go.
  enum Output {
    /// On rank 0: to their places among all results. `encodes` where they are to be broadcast and must be encoded for it.
    case memory(UnsafeMutableBufferPointer<Result>, encodes: Bool)
    /// Into a message, behind a `ChunkHeader`.
    case wire
  }

  /// What all tasks of a call share.
  struct Context: Sendable {
    let rank: Int
    let host: String
    let place: String
    let bound: Bound
  }

  private let input: Input
  private let output: Output
  private let context: Context

  /// So many results, from the chunk's first on, are there.
  private(set) var completed = 0
  /// What the item after those met with.
  private(set) var failure: SeppoError?
  /// The results in bytes, if they were to be encoded; behind a `ChunkHeader` where the output is a message.
  private(set) var bytes: _WireWriter?

  /// Whether the results go to their places among all results, or into a message.
  var writesInPlace: Bool { if case .memory = output { true } else { false } }

  init(chunk: Range<Int>, input: Input, output: Output, context: Context) {
    self.input = input
    self.output = output
    self.context = context
    super.init(chunk: chunk)
  }

  override func run(_ kernel: ChunkKernel) {
    switch input {
    case .memory(let items): compute(items, kernel)
    case .wire(let message, _):
      let payload = ChunkHeader.payload(of: message)
      if Items.areMemory(Element.self), payload.count == chunk.count * MemoryLayout<Element>.stride,
        Int(bitPattern: payload.baseAddress) % MemoryLayout<Element>.alignment == 0
      {
        compute(payload.bindMemory(to: Element.self), kernel)
      } else {
        decodeAndCompute(payload, kernel)
      }
    }
  }

  private func decodeAndCompute(_ payload: UnsafeRawBufferPointer, _ kernel: ChunkKernel) {
    let items = UnsafeMutableBufferPointer<Element>.allocate(capacity: chunk.count)
    let (done, error) = Items.read(items, from: payload)
    defer {
      UnsafeMutableBufferPointer(rebasing: items[..<done]).deinitialize()
      items.deallocate()
    }
    // The items before the one that can't be read are computed: one of them may throw, and is the lower.
    compute(UnsafeBufferPointer(rebasing: items[..<done]), kernel)
    if let error, failure == nil, completed == done {
      fail(SeppoError(error, index: chunk.lowerBound + done, rank: context.rank, host: context.host))
    }
  }

  private func compute(_ items: UnsafeBufferPointer<Element>, _ kernel: ChunkKernel) {
    switch output {
    case .memory(let results, let encodes):
      runKernel(kernel, items, UnsafeMutableBufferPointer(rebasing: results[..<items.count]))
      if encodes {
        let writer = _WireWriter()
        encode(UnsafeBufferPointer(rebasing: results[..<completed]), to: writer)
        if failure == nil, !Items.haveOwnForm(Result.self) {
          readBack(UnsafeMutableBufferPointer(rebasing: results[..<completed]), writer.bytes)
        }
        bytes = writer
      }
    case .wire:
      if Items.areMemory(Result.self), MemoryLayout<Result>.alignment <= ChunkHeader.size {
        computeIntoMessage(items, kernel)
      } else {
        computeAndEncode(items, kernel)
      }
    }
  }

  /// Plain memory is computed where it is sent from.
  private func computeIntoMessage(_ items: UnsafeBufferPointer<Element>, _ kernel: ChunkKernel) {
    let stride = MemoryLayout<Result>.stride
    let writer = _WireWriter(capacity: ChunkHeader.size + items.count * stride)
    _ = writer.append(uninitialized: ChunkHeader.size)
    let results = writer.append(uninitialized: items.count * stride).bindMemory(to: Result.self)
    runKernel(kernel, items, results)
    writer.truncate(to: ChunkHeader.size + completed * stride)
    bytes = writer
  }

  private func computeAndEncode(_ items: UnsafeBufferPointer<Element>, _ kernel: ChunkKernel) {
    let results = UnsafeMutableBufferPointer<Result>.allocate(capacity: items.count)
    runKernel(kernel, items, results)
    let initialized = completed
    defer {
      UnsafeMutableBufferPointer(rebasing: results[..<initialized]).deinitialize()
      results.deallocate()
    }
    let writer = _WireWriter()
    _ = writer.append(uninitialized: ChunkHeader.size)
    encode(UnsafeBufferPointer(rebasing: results[..<completed]), to: writer)
    bytes = writer
  }

  private func runKernel(
    _ kernel: ChunkKernel, _ items: UnsafeBufferPointer<Element>, _ results: UnsafeMutableBufferPointer<Result>
  ) {
    let outcome = kernel(
      UnsafeRawBufferPointer(items), UnsafeMutableRawBufferPointer(results), chunk.lowerBound, context.bound)
    completed = outcome.completed
    if let thrown = outcome.thrown {
      fail(
        SeppoError(
          thrown, item: chunk.lowerBound + completed, rank: context.rank, host: context.host, place: context.place))
    }
  }

  private func encode(_ results: UnsafeBufferPointer<Result>, to writer: _WireWriter) {
    do {
      try Items.write(results, to: writer)
    } catch {
      // It stands before an item that threw, if one did, and so it decides.
      completedBeforeFailure(error.item)
      fail(SeppoError(error, index: chunk.lowerBound + error.item, rank: context.rank, host: context.host))
    }
  }

  /// Rank 0 takes its own results as the other ranks will get them. Else a type that loses something on the way would give
  /// them other values than it, and one that can't be decoded an error that it doesn't have.
  private func readBack(_ results: UnsafeMutableBufferPointer<Result>, _ bytes: UnsafeMutableRawBufferPointer) {
    results.deinitialize()
    let (done, error) = Items.read(results, from: UnsafeRawBufferPointer(bytes))
    completed = done
    if let error {
      fail(SeppoError(error, index: chunk.lowerBound + done, rank: context.rank, host: context.host))
    }
  }

  /// Results past the first that can't be encoded are given up.
  private func completedBeforeFailure(_ count: Int) {
    if case .memory(let results, _) = output {
      UnsafeMutableBufferPointer(rebasing: results[count..<completed]).deinitialize()
    }
    completed = count
  }

  private func fail(_ error: SeppoError) {
    failure = error
    context.bound.lower(to: chunk.lowerBound + completed)
  }
}

extension SeppoError {
  init(_ thrown: any Error, item index: Int, rank: Int, host: String, place: String) {
    self = .itemThrew(
      index: index, rank: rank, host: host, type: String(describing: type(of: thrown)), description: "\(thrown)",
      place: place)
  }
}
