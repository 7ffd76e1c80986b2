import Foundation
import SeppoMPI

/// A path in the system's form: bytes that may not be valid text.
typealias Path = [UInt8]

/// Files, and the regular files below folders, sorted for each folder as `sort -z` does, with the problems that occurred.
struct FileTree {
  private(set) var files: [Path] = []
  private(set) var problems: [[UInt8]] = []
  /// The number of given paths that don't exist.
  private(set) var missing = 0

  static func below(_ paths: [String]) -> FileTree {
    var all = FileTree()
    for path in paths {
      let path = Path(path.utf8)
      var status = stat()
      if stat(path.cString, &status) != 0 {
        all.note(path)
        all.missing += 1
      } else if status.st_mode & S_IFMT == S_IFDIR {
        var tree = FileTree()
        tree.addContent(of: path)
        tree.sort()
        all.files += tree.files
        all.problems += tree.problems
      } else {
        all.files.append(path)
      }
    }
    return all
  }

  private mutating func add(_ path: Path) {
    var status = stat()
    guard lstat(path.cString, &status) == 0 else { return note(path) }
    switch status.st_mode & S_IFMT {
    case S_IFREG: files.append(path)
    case S_IFDIR: addContent(of: path)
    default: break
    }
  }

  private mutating func addContent(of folder: Path) {
    guard let stream = opendir(folder.cString) else { return note(folder) }
    var names: [Path] = []
    while let entry = readdir(stream) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) { start in
        start.withMemoryRebound(to: UInt8.self, capacity: 256) {
          Path(UnsafeBufferPointer(start: $0, count: strlen($0.text)))
        }
      }
      if name != Path(".".utf8), name != Path("..".utf8) { names.append(name) }
    }
    closedir(stream)
    let separator: Path = folder.last == UInt8(ascii: "/") ? [] : [UInt8(ascii: "/")]
    for name in names { add(folder + separator + name) }
  }

  private mutating func note(_ path: Path) { problems.append(WordCount.problem(with: path)) }

  /// Sorts in the order of the locale, and equal paths in the order of their bytes, as `sort` does.
  private mutating func sort() {
    setlocale(LC_COLLATE, "")
    let keyed = files.map { (path: $0, text: $0.cString) }
    files = keyed.sorted { first, second in
      let order = strcoll(first.text, second.text)
      return order == 0 ? first.path.lexicographicallyPrecedes(second.path) : order < 0
    }
    .map(\.path)
  }
}

extension WordCount {
  /// Returns a path with the text of `errno`.
  static func problem(with path: Path) -> [UInt8] { path + Array(": \(String(cString: strerror(errno)))".utf8) }
}

extension Path {
  var cString: [CChar] { map { CChar(bitPattern: $0) } + [0] }
}

extension UnsafePointer<UInt8> {
  fileprivate var text: UnsafePointer<CChar> { UnsafeRawPointer(self).assumingMemoryBound(to: CChar.self) }
}
