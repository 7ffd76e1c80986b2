// fails: add .broadcast() to have the value on every rank
import SeppoMPI

func load() throws {
  let table: [Double] = try Seppo.atRoot {
    var numbers: [Double] = []
    for number in 0..<10 { numbers.append(Double(number)) }
    return numbers
  }
  print(table)
}
