// fails: a Substring isn't Codable, a String is: lines.map(String.init).mapParallel
import SeppoMPI

func lengths(of text: String) throws -> [Int] { try text.split(separator: "\n").parallel(threads: 2).map { $0.count } }
