// fails: cannot convert value of type 'String' to expected argument type 'Int'
import SeppoMPI

func load(_ count: Int) -> [Int] { [] }

func program() throws {
  let table: [Int] = try Seppo.atRoot { load("a") }.broadcast()
  print(table)
}
