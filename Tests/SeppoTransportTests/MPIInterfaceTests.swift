import Testing

@testable import SeppoTransport

@Suite("The MPI at compile time and at run time")
struct MPIInterfaceTests {
  private static let open5 = MPIInterface(.openMPI, version: 5, release: 50_003)
  private static let mpich = MPIInterface(.mpich, version: 12, release: 40_002)
  private static let intel = MPIInterface(.mpich, version: 12, release: 20_211_900)
  private static let standard = MPIInterface(.standard, version: 1, release: 10_000)

  private static let mpich4 = "MPICH Version:\t4.0.2\nMPICH Release date:\tThu Apr  7 12:34:45 CDT 2022\n"
  private static let intel2021 = "Intel(R) MPI Library 2021.19 for Linux* OS\n"
  private static let cray = "MPI VERSION    : CRAY MPICH version 8.1.28.29 (ANL base 3.4a2)\n"
  private static let mvapich = "MVAPICH2 Version      :\t2.3.7\n"

  @Test(
    "A library with the same interface is accepted",
    arguments: [
      (open5, "Open MPI v5.0.3, package: x"), (open5, "Open MPI v5.1.0rc2, package: x"), (open5, "Open MPI v5.0.11\n"),
      (mpich, mpich4), (mpich, intel2021), (mpich, cray), (mpich, mvapich), (intel, mpich4),
      (standard, mpich4), (standard, intel2021), (standard, "Open MPI v6.0.0"), (standard, "a library of the future"),
    ])
  func same(_ compiled: MPIInterface, _ text: String) throws { try compiled.check(MPILibrary(text: text)) }

  @Test(
    "A library with another interface is an error, which names both",
    arguments: [
      (open5, "Open MPI v4.1.4, package: Debian OpenMPI", "against Open MPI 5.0.3, but", "is Open MPI v4.1.4."),
      (open5, "Open MPI v50.1", "against Open MPI 5.0.3, but", "is Open MPI v50.1."),
      (open5, mpich4, "against Open MPI 5.0.3, but", "is MPICH 4.0.2."),
      (open5, "", "against Open MPI 5.0.3, but", "is ."),
      (mpich, "Open MPI v4.1.4, package: x", "against MPICH 4.0.2, but", "is Open MPI v4.1.4."),
      (intel, "Open MPI v4.1.4", "against Intel MPI 2021.19.0, but", "is Open MPI v4.1.4."),
    ])
  func other(_ compiled: MPIInterface, _ text: String, _ compiledName: String, _ loadedName: String) {
    let error = #expect(throws: MPIStartError.self) { try compiled.check(MPILibrary(text: text)) }
    #expect("\(error!)".contains(compiledName) && "\(error!)".contains(loadedName), "\(error!)")
  }

  @Test(
    "Libraries are named briefly",
    arguments: [(intel2021, "Intel(R) MPI Library 2021.19"), (mvapich, "MVAPICH2 2.3.7")])
  func name(_ text: String, _ name: String) { #expect(MPILibrary(text: text).description == name) }

  @Test("The library loaded by this test matches the headers")
  func thisOne() throws {
    try MPIInterface.compiled.check(.loaded)
    #expect(MPIInterface.compiled.release >= 10_000)
  }
}
