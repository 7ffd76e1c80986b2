// fails: a Substring isn't Codable, a String is: lines.map(String.init).mapParallel
import SeppoMPI

func lengths(of text: String) throws -> [Int] {
  let lines = try Seppo.atRoot { text.split(separator: "\n") }
  return try lines.mapParallel { $0.count }
}
