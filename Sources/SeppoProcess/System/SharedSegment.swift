#if os(Linux)
  internal import CSharedMemory
#endif

/// Memory that the processes of one host share. It has no name in the file system, so that nothing is left behind when
/// they are killed.
///
/// `@unchecked Sendable` because the object is immutable; those who use the memory order their accesses.
package final class SharedSegment: @unchecked Sendable {
  /// How another process of this host opens a segment.
  package struct Address: BitwiseCopyable, Sendable {
    let process: Int32
    let file: Int32
    /// Part of the file's name, so that no other file is taken for it.
    let token: UInt64

    var path: String { "/proc/\(process)/fd/\(file)" }
  }

  package let memory: UnsafeMutableRawBufferPointer
  package let address: Address
  private let file: Int32

  private init(memory: UnsafeMutableRawBufferPointer, address: Address, file: Int32) {
    self.memory = memory
    self.address = address
    self.file = file
  }

  deinit {
    munmap(memory.baseAddress!, memory.count)
    if file >= 0 { close(file) }
  }

  /// Creates a segment of zeros; nil if the system can't.
  package static func create(bytes: Int) -> SharedSegment? {
    #if os(Linux)
      let token = UInt64.random(in: .min ... .max)
      let file = seppo_memory_file(name(token))
      guard file >= 0 else { return nil }
      // Beyond the limit of a file's size, `ftruncate` would end the process by a signal.
      guard isAllowed(bytes), ftruncate(file, off_t(bytes)) == 0, let memory = map(file, bytes) else {
        close(file)
        return nil
      }
      return SharedSegment(
        memory: memory, address: Address(process: getpid(), file: file, token: token), file: file)
    #else
      return nil
    #endif
  }

  /// Returns the segment that another process has created; nil if this process can't reach it.
  package static func attach(to address: Address, bytes: Int) -> SharedSegment? {
    // In another container, the number may be another process's.
    guard target(of: address.path) == "/memfd:\(name(address.token)) (deleted)" else { return nil }
    let file = open(address.path, O_RDWR | O_CLOEXEC)
    guard file >= 0 else { return nil }
    defer { close(file) }
    var status = stat()
    guard fstat(file, &status) == 0, Int(status.st_size) == bytes, let memory = map(file, bytes) else { return nil }
    return SharedSegment(memory: memory, address: address, file: -1)
  }

  private static func name(_ token: UInt64) -> String { "seppo-\(token)" }

  private static func target(of link: String) -> String {
    withUnsafeTemporaryAllocation(byteCount: 256, alignment: 1) { text in
      let length = readlink(link, text.baseAddress!, text.count)
      return String(decoding: text.prefix(max(0, length)), as: UTF8.self)
    }
  }

  private static func isAllowed(_ bytes: Int) -> Bool {
    ResourceLimit.fileSize.value.map { $0.rlim_cur >= rlim_t(bytes) } ?? false
  }

  private static func map(_ file: Int32, _ bytes: Int) -> UnsafeMutableRawBufferPointer? {
    let memory = mmap(nil, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0)
    guard let memory, memory != MAP_FAILED else { return nil }
    return UnsafeMutableRawBufferPointer(start: memory, count: bytes)
  }
}
