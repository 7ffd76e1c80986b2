/// Counts the lines and words of UTF-8 as GNU `wc` does: a word starts with a printable character and ends at white space.
/// Other characters, and bytes that are not valid UTF-8, are ignored.
struct WordCounter {
  private var lines = 0
  private var words = 0
  private var isInWord = false

  /// Counts in a part of the text.
  ///
  /// - Returns: The number of bytes that were used, which excludes an incomplete character at the end.
  mutating func add(_ bytes: UnsafeBufferPointer<UInt8>) -> Int {
    let end = bytes.count - WordCounter.cutOff(bytes)
    var index = 0
    while index < end {
      if bytes[index] < 0x80 {
        add(ascii: bytes[index])
        index += 1
        continue
      }
      var parser = Unicode.UTF8.ForwardParser()
      var rest = bytes[index..<end].makeIterator()
      switch parser.parseScalar(from: &rest) {
      case .valid(let units):
        add(Unicode.UTF8.decode(units))
        index += units.count
      case .error(let length): index += length
      case .emptyInput: index = end
      }
    }
    return end
  }

  mutating func finish() -> (lines: Int, words: Int) {
    endWord()
    return (lines, words)
  }

  /// Returns the number of bytes of an incomplete character at the end.
  private static func cutOff(_ bytes: UnsafeBufferPointer<UInt8>) -> Int {
    for count in 1...3 where count <= bytes.count {
      let byte = bytes[bytes.count - count]
      if byte & 0xC0 == 0x80 { continue }
      let length = byte >= 0xF0 ? 4 : byte >= 0xE0 ? 3 : byte >= 0xC0 ? 2 : 1
      return length > count ? count : 0
    }
    return 0
  }

  private mutating func add(ascii byte: UInt8) {
    switch byte {
    case UInt8(ascii: "\n"):
      lines += 1
      endWord()
    case UInt8(ascii: " "), 9...13: endWord()
    case 33...126: isInWord = true
    default: break
    }
  }

  private mutating func add(_ character: Unicode.Scalar) {
    switch character.properties.generalCategory {
    case .control, .lineSeparator, .paragraphSeparator, .surrogate, .unassigned: break
    case .spaceSeparator: endWord()
    // `wc` treats the word joiner as a non-breaking space.
    default: if character == "\u{2060}" { endWord() } else { isInWord = true }
    }
  }

  private mutating func endWord() {
    if isInWord { words += 1 }
    isInWord = false
  }
}
