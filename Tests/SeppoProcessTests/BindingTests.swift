import Testing

@testable import SeppoProcess

@Suite("Binding")
struct BindingTests {
  @Test(
    "The kernel's mask has a bit for each core",
    arguments: [("1", 1), ("c", 2), ("ff,ffffffff", 40), ("00000000,00000000,0000000f", 4)])
  func mask(_ text: String, has cores: Int) {
    #expect(Binding.cores(inStatusLine: "Cpus_allowed:\t\(text)\n") == cores)
  }

  @Test("Other lines don't say it", arguments: ["Cpus_allowed_list:\t0-7\n", "Mems_allowed:\t1\n", ""])
  func other(_ line: String) { #expect(Binding.cores(inStatusLine: line) == nil) }

  #if os(Linux)
    @Test("This process may run somewhere, and one that isn't there nowhere")
    func own() throws {
      #expect(try #require(Binding.cores(ofProcess: "self")) >= 1)
      #expect(Binding.cores(ofProcess: "none") == nil)
    }
  #endif
}
