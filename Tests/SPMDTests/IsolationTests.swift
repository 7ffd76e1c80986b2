import Foundation
import TestSupport
import Testing

extension SPMDTests {
  @Suite("Items in processes of their own")
  struct IsolationTests {
    @Test(
      "Nothing that items have started outlives its job, however that ends",
      arguments: ["ends", "crashes", "rank killed", "launcher killed", "launcher interrupted"], ["process", "command"])
    func orphans(how: String, of way: String) async throws {
      let folder = FileManager.default.temporaryDirectory.appendingPathComponent("seppo-\(UUID().uuidString)")
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      defer { try? FileManager.default.removeItem(at: folder) }
      let job = try await Mpirun.run(2, "Isolated", [how, folder.path, way])
      let files = try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0.hasPrefix("item") }
      #expect(files.count == 4, "\(files) \(job.report)")
      var processes: [Int] = []
      for file in files {
        let text = try String(contentsOf: folder.appendingPathComponent(file), encoding: .utf8)
        processes += text.split(whereSeparator: \.isWhitespace).compactMap { Int($0) }
      }
      // Three programs, the shell, and the child of the rank, or the rank.
      #expect(processes.count == 20, "\(processes)")
      for _ in 0..<1_000 where processes.contains(where: isAlive) { try await Task.sleep(for: .milliseconds(10)) }
      #expect(processes.filter(isAlive) == [], "\(job.report)")
    }

    private func isAlive(_ process: Int) -> Bool {
      guard let status = try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8) else { return false }
      return status.split(separator: ")").last?.split(separator: " ").first != "Z"
    }
  }
}
