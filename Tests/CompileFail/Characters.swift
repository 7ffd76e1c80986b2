// fails: a Character isn't Codable, a String is: characters.map(String.init).mapParallel
import SeppoMPI

func letters(of text: String) throws -> [Bool] { try text.mapParallel { $0.isLetter } }
