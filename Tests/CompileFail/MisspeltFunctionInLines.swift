// fails: cannot find 'pasre' in scope
import SeppoMPI

func numbers(in text: String) throws { print(try text.split(separator: "\n").mapParallel { pasre($0) }) }
