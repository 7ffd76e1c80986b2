// fails: a Substring isn't Codable, a String is: lines.map(String.init).mapParallel
import SeppoMPI

func words(of text: String) throws -> [Int] {
  try text.split(whereSeparator: \.isNewline).dropFirst().mapParallel { line in
    let words = line.split(separator: " ")
    return words.count
  }
}
