/// A line of the user's program, and where in it.
@usableFromInline
struct Place: Sendable {
  let fileID: StaticString
  let line: UInt
  /// Tells calls of one line apart.
  let column: UInt

  @usableFromInline
  init(fileID: StaticString, line: UInt, column: UInt) {
    self.fileID = fileID
    self.line = line
    self.column = column
  }

  /// Empty for line 0, where there is none.
  var text: String { line == 0 ? "" : "\(fileID):\(line)" }

  var textWithColumn: String { line == 0 ? "" : "\(text):\(column)" }
}
