import Testing

@testable import SeppoProcess

@Suite("The binding of ranks to cores")
struct BindingTests {
  @Test(
    "The kernel's mask has a bit for each core",
    arguments: [("1", 1), ("c", 2), ("ff,ffffffff", 40), ("00000000,00000000,0000000f", 4)])
  func mask(_ text: String, has cores: Int) {
    #expect(Binding.mask(inStatusLine: "Cpus_allowed:\t\(text)\n")?.count == cores)
  }

  @Test("Other lines are ignored", arguments: ["Cpus_allowed_list:\t0-7\n", "Mems_allowed:\t1\n", ""])
  func other(_ line: String) { #expect(Binding.mask(inStatusLine: line) == nil) }

  #if os(Linux)
    @Test("The cores of this process are found, and none for a process that doesn't exist")
    func own() throws {
      #expect(try #require(Binding.cores(ofProcess: "self")) >= 1)
      #expect(Binding.cores(ofProcess: "none") == nil)
    }
  #endif
}
