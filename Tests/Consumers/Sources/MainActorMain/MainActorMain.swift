// A main on the main actor, whose state is used between calls.
import SeppoMPI

@MainActor
final class Model {
  var results: [Int] = []
}

@main
@MainActor
struct MainActorMain {
  static func main() async {
    let model = Model()
    await Seppo.run {
      model.results = try [1, 2, 3].mapParallel { $0 * 10 }
      await Task.yield()
      try Seppo.atRoot { print(model.results) }
    }
  }
}
