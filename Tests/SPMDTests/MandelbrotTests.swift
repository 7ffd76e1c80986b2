import Foundation
import Testing

extension SPMDTests {
  @Suite("The example Mandelbrot")
  struct MandelbrotTests {
    private let file = FileManager.default.temporaryDirectory
      .appendingPathComponent("seppo mandelbrot \(UUID().uuidString).png")

    @Test("The picture has the same bytes for any number of ranks, and its rows are in order")
    func sameEverywhere() async throws {
      // The top row is far from the set, and the bottom row crosses it.
      let arguments = ["--width", "40", "--height", "30", "--x", "-0.5", "--y", "1.2", "--iterations", "500"]
      let alone = try await picture(nil, arguments)
      for ranks in [1, 2, 3] {
        let other = try await picture(ranks, arguments)
        #expect(other == alone, "on \(ranks) ranks")
      }
      let rows = try Picture(alone).rows
      #expect(rows.map(\.count) == Array(repeating: 3 * 40, count: 30))
      let blacks = rows.map { row in stride(from: 0, to: row.count, by: 3).count { row[$0..<$0 + 3] == [0, 0, 0] } }
      #expect(blacks[0] == 0)
      #expect(blacks[29] > 10)
    }

    @Test("The picture is symmetric about the real axis")
    func symmetric() async throws {
      let rows = try await Picture(picture(2, ["--width", "31", "--height", "21", "--iterations", "500"])).rows
      #expect(rows.count == 21)
      // The mean of a pixel's points is rounded, and they are added in another order.
      for (row, mirrored) in zip(rows, rows.reversed()) {
        #expect(zip(row, mirrored).allSatisfy { abs(Int($0) - Int($1)) <= 1 })
      }
      #expect(Set(rows).count >= 11)
    }

    @Test("A file that can't be written is an error that names it")
    func unwritable() async throws {
      let job = try await Mpirun.run(2, "Mandelbrot", ["--output", "/nowhere/m.png"])
      #expect(job.status == 1, "\(job.report)")
      #expect(job.errors.contains("/nowhere"), "\(job.report)")
    }

    @Test(
      "Invalid options are a usage error",
      arguments: [["--width", "0"], ["--height", "-1"], ["--x", "3"], ["--zoom", "0.5"], ["--iterations", "0"]])
    func usageErrors(_ arguments: [String]) async throws {
      let job = try await Mpirun.run(2, "Mandelbrot", arguments + ["--output", file.path], load: .computes)
      #expect(job.status == 64, "\(job.report)")
      #expect(!FileManager.default.fileExists(atPath: file.path))
    }

    /// Returns the bytes of a picture's file.
    private func picture(_ ranks: Int?, _ arguments: [String]) async throws -> Data {
      defer { try? FileManager.default.removeItem(at: file) }
      let job = try await Mpirun.run(ranks, "Mandelbrot", arguments + ["--output", file.path], load: .computes)
      try #require(job.status == 0, "\(job.report)")
      return try Data(contentsOf: file)
    }
  }
}

/// Reads a PNG file whose content is not compressed, and checks what a viewer relies on.
private struct Picture {
  /// Red, green and blue of each pixel, by row.
  private(set) var rows: [[UInt8]] = []

  init(_ file: Data) throws {
    var rest = Array(file)[...]
    try #require(take(8, &rest) == [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A])
    var (names, header, content): ([String], [UInt8], [UInt8]) = ([], [], [])
    while !rest.isEmpty {
      let count = number(take(4, &rest))
      let checked = take(4 + count, &rest)
      #expect(number(take(4, &rest)) == crc(checked))
      names.append(String(decoding: checked.prefix(4), as: UTF8.self))
      if names.last == "IHDR" { header += checked.dropFirst(4) } else { content += checked.dropFirst(4) }
    }
    #expect(names.first == "IHDR" && names.last == "IEND" && Set(names) == ["IHDR", "IDAT", "IEND"])
    try #require(header.count == 13 && header.suffix(5) == [8, 2, 0, 0, 0])
    let (width, height) = (number(header[0..<4]), number(header[4..<8]))
    let bytes = try inflated(content)
    try #require(bytes.count == height * (1 + 3 * width))
    for start in stride(from: 0, to: bytes.count, by: 1 + 3 * width) {
      #expect(bytes[start] == 0, "the row's filter")
      rows.append(Array(bytes[(start + 1)..<(start + 1 + 3 * width)]))
    }
  }

  /// Returns the bytes of a zlib stream whose blocks are stored.
  private func inflated(_ stream: [UInt8]) throws -> [UInt8] {
    var rest = stream[...]
    let header = take(2, &rest)
    try #require(header.first == 0x78 && number(header) % 31 == 0)
    var (bytes, isLast): ([UInt8], Bool) = ([], false)
    while !isLast {
      let head = take(5, &rest)
      try #require(head.count == 5 && head[0] <= 1 && head[1] == ~head[3] && head[2] == ~head[4])
      isLast = head[0] == 1
      bytes += take(Int(head[1]) + 256 * Int(head[2]), &rest)
    }
    let low = bytes.reduce(1) { ($0 + Int($1)) % 65_521 }
    let high = bytes.enumerated().reduce(bytes.count) { ($0 + (bytes.count - $1.offset) * Int($1.element)) % 65_521 }
    #expect(number(rest[...]) == high << 16 | low)
    return bytes
  }

  private func take(_ count: Int, _ rest: inout ArraySlice<UInt8>) -> [UInt8] {
    defer { rest = rest.dropFirst(count) }
    return Array(rest.prefix(count))
  }

  private func number(_ bytes: some Sequence<UInt8>) -> Int { bytes.reduce(0) { $0 << 8 | Int($1) } }

  private func crc(_ bytes: [UInt8]) -> Int {
    var crc: UInt32 = ~0
    for byte in bytes {
      crc ^= UInt32(byte)
      for _ in 0..<8 { crc = crc >> 1 ^ (crc & 1) * 0xEDB8_8320 }
    }
    return Int(~crc)
  }
}
