// A program that uses MPI itself: it starts MPI before Seppo, communicates on MPI_COMM_WORLD, and ends MPI after Seppo.
//
//   mpirun -n 3 StartedByOthers [single | serialized]

import Foundation
import CMPI
import SeppoMPI

@main
struct StartedByOthers {
  static func main() {
    if CommandLine.arguments.contains("serialized") {
      var provided: Int32 = 0
      MPI_Init_thread(nil, nil, seppo_thread_serialized(), &provided)
    } else {
      MPI_Init(nil, nil)
    }
    var sum: Int32 = 0
    Seppo.run {
      var own = Int32(Seppo.rank)
      let squares = try (0..<100).mapParallel { $0 * $0 }
      seppo_allreduce_max(&own, &sum, seppo_comm_world())
      try Seppo.atRoot { print(squares.reduce(0, +)) }
    }
    var isEnded: Int32 = 1
    MPI_Finalized(&isEnded)
    if isEnded != 0 || Int(sum) != Seppo.size - 1 { exit(3) }
    if Seppo.isRoot { print("MPI is still running") }
    MPI_Finalize()
  }
}
