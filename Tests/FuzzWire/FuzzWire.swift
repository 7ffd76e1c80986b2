// Fuzzes the decoder with libFuzzer (https://llvm.org/docs/LibFuzzer.html). `Tests/fuzz.sh` builds and runs it.
//
// With `-sanitize=fuzzer` alone, SwiftPM's `main` replaces libFuzzer's, and the program would run nothing and exit with
// 0. So `main` calls libFuzzer's driver if FUZZ is defined.

import Foundation

@main struct FuzzWire {
  static func main() {
    #if FUZZ
      let arguments = CommandLine.arguments
      if arguments.count == 3, arguments[1] == "--seed" {
        do { try writeSeeds(to: arguments[2]) } catch {
          FileHandle.standardError.write(Data("FuzzWire: can't write the seed inputs: \(error)\n".utf8))
          exit(1)
        }
        return
      }
      var count = CommandLine.argc
      var values: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = CommandLine.unsafeArgv
      exit(runDriver(&count, &values) { bytes, count in fuzzOneInput(bytes, count) })
    #else
      let message = """
        FuzzWire must be linked with libFuzzer: run Tests/fuzz.sh, or build it with
          swift build -c release --product FuzzWire --scratch-path .build-fuzz \\
            -Xswiftc -sanitize=fuzzer -Xswiftc -DFUZZ

        """
      FileHandle.standardError.write(Data(message.utf8))
      exit(2)
    #endif
  }
}

#if FUZZ
  @_silgen_name("LLVMFuzzerRunDriver")
  private func runDriver(
    _ count: UnsafeMutablePointer<CInt>,
    _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?>,
    _ body: @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt
  ) -> CInt

  /// libFuzzer's archive needs this symbol, even if the driver gets a function.
  @_cdecl("LLVMFuzzerTestOneInput")
  func fuzzOneInput(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    guard let bytes, count > 0 else { return 0 }
    let target = FuzzTarget.all[Int(bytes[0]) % FuzzTarget.all.count]
    target.run(UnsafeRawBufferPointer(start: bytes + 1, count: count - 1))
    return 0
  }

  /// Writes the wire form of some values of each type, after the byte that selects the type.
  private func writeSeeds(to folder: String) throws {
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    for (index, target) in FuzzTarget.all.enumerated() {
      for (number, seed) in try target.seeds().enumerated() {
        let file = URL(fileURLWithPath: folder).appendingPathComponent("\(index)-\(number)")
        try Data([UInt8(index)] + seed).write(to: file)
      }
    }
  }
#endif
