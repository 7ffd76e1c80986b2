import Foundation
import SeppoMPI

/// What happens to a rank in one of many short maps, which are made in memory that the ranks share.
extension Endings {
  static func loopEnding(_ name: String) throws {
    switch name {
    case "kill in a loop": try inLoop { kill(getpid(), SIGKILL) }
    case "exit in a loop": try inLoop { exit(3) }
    case "Seppo.exit in a loop": try inLoop { Seppo.exit(3) }
    case "fatalError in a loop": try inLoop { fatalError("on purpose") }
    case "endless recursion in a loop": try inLoop { print(depth(1)) }
    case "a child that exits in a loop": try inLoop { letChildExit(in: "an item") }
    case "long in a loop, and alive": try inLoop { sleep(6) }
    case "a request to stop in a loop":
      try inLoop {
        kill(getpid(), SIGUSR1)
        sleep(60)
      }
    case "throw in a loop":
      do { try inLoop { throw Trouble() } } catch SeppoError.itemThrew(let item) {
        try Seppo.atRoot { print(item.description.contains("trouble of") ? "thrown" : "\(item)") }
      }
      try inLoop {}
    case "divergence in a loop":
      try inLoop(untilRound: 30) {}
      if Seppo.rank == victim { _ = try [0].mapParallel { $0 } }
      try inLoop {}
    default: try unresponsiveEnding(name)
    }
  }

  private static let round = 30

  /// Runs the body in an item of the victim in the 31st map.
  private static func inLoop(untilRound end: Int = 40, _ body: @escaping @Sendable () throws -> Void) throws {
    var numbers = Array(0..<(4 * Seppo.size))
    for round in 0..<end {
      numbers = try numbers.mapParallel { number -> Int in
        if round == Endings.round {
          // Otherwise another rank might compute all items before the victim is there.
          usleep(50_000)
          if Seppo.rank == victim { try body() }
        }
        return number + 1
      }
    }
    let isRight = numbers.elementsEqual(end..<(end + 4 * Seppo.size))
    try Seppo.atRoot { print(isRight ? "right" : "wrong: \(numbers)") }
  }
}
