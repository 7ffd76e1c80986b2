import Testing

@testable import SeppoTransport

@Suite("The MPI version at compile time and at run time")
struct MPIVersionTests {
  let compiled = MPIVersion(major: 5, minor: 0, release: 3)

  @Test(
    "A library of the same major version is accepted",
    arguments: ["Open MPI v5.0.3, package: x", "Open MPI v5.1.0rc2, package: x", "Open MPI v5.0.11\n"])
  func same(_ text: String) throws {
    try compiled.check(loaded: .init(text: text))
  }

  @Test(
    "Another major version or another library is an error",
    arguments: ["Open MPI v4.1.4, package: Debian OpenMPI", "MPICH Version: 4.0", ""])
  func other(_ text: String) {
    let error = #expect(throws: MPIStartError.self) { try compiled.check(loaded: .init(text: text)) }
    #expect("\(error!)".contains("compiled against Open MPI 5.0.3"))
  }

  @Test("The library loaded by this test matches the headers")
  func thisOne() throws {
    try MPIVersion.compiled.check(loaded: .loaded)
    #expect(MPIVersion.Loaded.loaded.version?.major == MPIVersion.compiled.major)
  }
}
