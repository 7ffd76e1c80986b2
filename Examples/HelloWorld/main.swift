// Shows mapParallel in the smallest complete program. All ranks map a function over five numbers. Rank 0 prints the
// results, in order.
//
//   ./mpi-run.sh -n 4 HelloWorld

import Foundation
import SeppoMPI

let results = try [1.0, 2.0, 3.0, 4.0, 5.0].mapParallel(helloWorld)
try Seppo.atRoot { for result in results { print(result) } }

func helloWorld(_ value: Double) -> String {
  let numbers = String(format: "input=%f, value*value=%f", value, value * value)
  return "hello world from \(Seppo.hostName), process \(getpid()) (\(numbers))"
}
