/// What a program writes to one descriptor, as far as it is kept.
struct ProgramStream: ~Copyable {
  enum Kept {
    case first(Int)
    case last(Int)
  }

  /// The read end; -1 when all writers have closed theirs.
  private(set) var file: Int32
  private(set) var bytes: [UInt8] = []
  private(set) var isComplete = true

  init(_ file: Int32) {
    self.file = file
    _ = fcntl(file, F_SETFL, O_NONBLOCK)
  }

  deinit { if file >= 0 { close(file) } }

  /// Reads what is there.
  ///
  /// - Parameter pass: gets all bytes.
  mutating func read(atMost limit: Int, keep: Kept, _ pass: (UnsafeRawBufferPointer) -> Void) {
    withUnsafeTemporaryAllocation(byteCount: 64 << 10, alignment: 1) { buffer in
      var left = limit
      while file >= 0, left > 0 {
        let count = readBytes(from: file, into: buffer)
        if count < 0, errno == EINTR { continue }
        if count < 0, errno == EAGAIN { return }
        if count <= 0 {
          closeFile()
          return
        }
        left -= count
        let piece = UnsafeRawBufferPointer(rebasing: buffer[..<count])
        pass(piece)
        append(piece, keep)
      }
    }
  }

  /// Keeps only the last bytes.
  mutating func trim(to limit: Int) {
    if bytes.count <= limit { return }
    bytes.removeFirst(bytes.count - limit)
    isComplete = false
  }

  private mutating func closeFile() {
    close(file)
    file = -1
  }

  private mutating func append(_ piece: UnsafeRawBufferPointer, _ keep: Kept) {
    switch keep {
    case .first(let limit):
      let room = limit - bytes.count
      bytes += piece.prefix(room)
      if piece.count > room { isComplete = false }
    case .last(let limit):
      bytes += piece
      // Twice the limit, so that few bytes are moved for each.
      if bytes.count > 2 * limit { trim(to: limit) }
    }
  }
}

/// What a program can read on its standard input.
struct ProgramInput: ~Copyable {
  private(set) var file: Int32
  private var rest: ArraySlice<UInt8>

  init(_ file: Int32, _ text: [UInt8]) {
    self.file = file
    rest = text[...]
    _ = fcntl(file, F_SETFL, O_NONBLOCK)
    if rest.isEmpty { closeFile() }
  }

  deinit { if file >= 0 { close(file) } }

  private mutating func closeFile() {
    close(file)
    file = -1
  }

  /// Writes as much as the pipe takes. A program that doesn't read it is no error.
  mutating func write() {
    if file < 0 { return }
    let mask = WriteSignals.block()
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { writeBytes($0, to: file) }
      if count < 0, errno == EINTR { continue }
      if count < 0, errno == EAGAIN { break }
      rest = count < 0 ? [] : rest.dropFirst(count)
    }
    WriteSignals.unblock(mask)
    if rest.isEmpty { closeFile() }
  }
}
