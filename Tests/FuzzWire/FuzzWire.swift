// Fuzzes the decoder with libFuzzer (https://llvm.org/docs/LibFuzzer.html). `Tests/fuzz.sh` builds and runs it.
//
// Built with `-sanitize=fuzzer` alone, SwiftPM's own `main` is linked in place of libFuzzer's, and a program that runs
// nothing ends with 0. So `main` calls libFuzzer's driver itself, where FUZZ is defined.

import Foundation

@main struct FuzzWire {
  static func main() {
    #if FUZZ
      let arguments = CommandLine.arguments
      if arguments.count == 3, arguments[1] == "--seed" {
        do { try writeSeeds(to: arguments[2]) } catch {
          FileHandle.standardError.write(Data("FuzzWire: the seeds can't be written: \(error)\n".utf8))
          exit(1)
        }
        return
      }
      var count = CommandLine.argc
      var values: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = CommandLine.unsafeArgv
      exit(runDriver(&count, &values) { bytes, count in fuzzOneInput(bytes, count) })
    #else
      let message = """
        FuzzWire runs only where it was linked with libFuzzer: use Tests/fuzz.sh, or
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

  /// libFuzzer's archive asks for this name, whether or not the driver is given a function.
  @_cdecl("LLVMFuzzerTestOneInput")
  func fuzzOneInput(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    guard let bytes, count > 0 else { return 0 }
    let target = FuzzTarget.all[Int(bytes[0]) % FuzzTarget.all.count]
    target.run(UnsafeRawBufferPointer(start: bytes + 1, count: count - 1))
    return 0
  }

  /// Writes the wire form of some values of each type, behind the byte that picks the type.
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
