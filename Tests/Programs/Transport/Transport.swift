// Tests `Communicator` directly, without the public API, on the ranks of this job.
//
//   mpirun -n 3 Transport

import CMPI
import SeppoTransport
import TransportProperties

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

@main
struct TransportProgram {
  static func main() throws {
    let environment = try MPIEnvironment.start()
    for splitSize in [1, 7, 1_024, Communicator.largestSplit] {
      let communicator = try Communicator(splitSize: splitSize)
      try TransportProperties(communicator).check(pieces: splitSize)
      try communicator.free()
    }
    try ownTraffic()
    try reportsErrors()
    // In one piece: MPICH turns buffering off.
    print("rank \(rank()) passed\n", terminator: "")
    fflush(nil)
    try environment.end()
  }

  static func rank() -> Int {
    var rank: Int32 = 0
    seppo_comm_rank(seppo_comm_world(), &rank)
    return Int(rank)
  }

  /// The user's messages on `MPI_COMM_WORLD` and Seppo's messages are separate.
  static func ownTraffic() throws {
    let communicator = try Communicator()
    var size: Int32 = 0
    seppo_comm_size(seppo_comm_world(), &size)
    let next = (rank() + 1) % Int(size)
    var value = Int32(rank())
    var request = seppo_request_null()
    seppo_isend(&value, 4, Int32(next), TransportProperties.data.number << 1, seppo_comm_world(), &request)
    try hold(try communicator.poll() == nil, "received a message sent on MPI_COMM_WORLD")
    var received: Int32 = -1
    seppo_recv(&received, 4, seppo_any_source(), seppo_any_tag(), seppo_comm_world())
    seppo_await(&request)
    try hold(Int(received) == (rank() + Int(size) - 1) % Int(size), "received \(received)")
    try communicator.free()
  }

  static func reportsErrors() throws {
    let communicator = try Communicator()
    let bytes = Bytes(count: 8, seed: 0)
    do {
      try communicator.send(
        UnsafeRawBufferPointer(bytes.memory), keeping: bytes, to: communicator.size + 5, kind: TransportProperties.data)
      throw PropertyViolation(description: "a send to a nonexistent rank succeeded")
    } catch let error as MPIError {
      try hold(error.call == "MPI_Isend" && error.errorClass == seppo_rank_error(), "\(error)")
    }
    try communicator.free()
  }
}
