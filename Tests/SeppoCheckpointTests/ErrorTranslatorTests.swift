import Foundation
@_spi(CheckpointStore) import SeppoMPI
import Testing

@testable import SeppoCheckpoint

@Suite("The translation of SQLite's and the system's errors")
struct ErrorTranslatorTests {
  let errors = ErrorTranslator(location: try! FileLocation("/tmp/fits.sqlite"))

  private func translate(_ code: Int32, _ system: Int32) -> CheckpointError {
    errors.translate(code: code, message: "disk I/O error", system: system)
  }

  @Test("An exceeded quota is a full disk, failed locks are reported as such, other errors keep their text")
  func translations() {
    let file = "/tmp/fits.sqlite"
    let (write, lock) = (Int32(10 | 3 << 8), Int32(10 | 15 << 8))
    #expect(translate(write, EDQUOT) == .diskFull(file: file))
    #expect(translate(write, ENOSPC) == .diskFull(file: file))
    #expect(translate(13, 0) == .diskFull(file: file))
    #expect(translate(14, EACCES) == .readOnly(file: file, reason: "Permission denied"))
    #expect(translate(write, EIO) == .failed(file: file, reason: "disk I/O error (Input/output error)"))
    guard case .failed(_, let reason) = translate(lock, ENOSYS) else {
      Issue.record("not reported as failed")
      return
    }
    #expect(reason.hasPrefix("its file system can't lock files (Function not implemented)"))
  }
}
