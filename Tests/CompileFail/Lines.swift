// fails: a Substring isn't Codable, a String is: lines.map(String.init).mapParallel
import SeppoMPI

func lengths(of text: String) throws -> [Int] { try text.split(separator: "\n").mapParallel { $0.count } }
