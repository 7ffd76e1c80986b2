import Foundation
@_spi(CheckpointStore) import SeppoMPI
import Testing

@testable import SeppoCheckpoint

@Suite("What SQLite and the system say")
struct FailureTests {
  let failure = Failure(location: try! FileLocation("/tmp/fits.sqlite"))

  private func translate(_ code: Int32, _ system: Int32) -> CheckpointError {
    failure.translate(code: code, message: "disk I/O error", system: system)
  }

  @Test("A quota is a full disk; what can't be locked is said to be that; the rest is said as it is")
  func errors() {
    let file = "/tmp/fits.sqlite"
    let (write, lock) = (Int32(10 | 3 << 8), Int32(10 | 15 << 8))
    #expect(translate(write, EDQUOT) == .diskFull(file: file))
    #expect(translate(write, ENOSPC) == .diskFull(file: file))
    #expect(translate(13, 0) == .diskFull(file: file))
    #expect(translate(14, EACCES) == .readOnly(file: file, reason: "Permission denied"))
    #expect(translate(write, EIO) == .failed(file: file, reason: "disk I/O error (Input/output error)"))
    guard case .failed(_, let reason) = translate(lock, ENOSYS) else {
      Issue.record("it is no failure")
      return
    }
    #expect(reason.hasPrefix("its file system can't lock files (Function not implemented)"))
  }
}
