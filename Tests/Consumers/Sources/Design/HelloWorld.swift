// The README's program, in the form with Seppo.run.
import Foundation
import SeppoMPI

@main
struct HelloWorld {
  static func main() {
    Seppo.run {
      let results = try [1.0, 2.0, 3.0, 4.0, 5.0].mapParallel(helloWorld)
      try Seppo.atRoot {
        for result in results { print(result) }
      }
    }
  }
}

func helloWorld(_ value: Double) -> String {
  "hello world from \(Seppo.hostName), process \(getpid()) (input=\(value), value*value=\(value * value))"
}
