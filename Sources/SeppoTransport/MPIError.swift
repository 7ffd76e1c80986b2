internal import CMPI

/// An error that MPI reported.
package struct MPIError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The name of the MPI function that failed, such as `MPI_Isend`.
  package let call: String
  /// The error class, from `MPI_Error_class`.
  package let errorClass: Int32
  /// The error text, from `MPI_Error_string`.
  package let text: String

  package init(call: String, errorClass: Int32, text: String) {
    self.call = call
    self.errorClass = errorClass
    self.text = text
  }

  init(call: String, code: Int32) {
    var errorClass: Int32 = 0
    if MPI_Error_class(code, &errorClass) != seppo_success() { errorClass = code }
    let text = readText(capacity: seppo_max_error_string()) { MPI_Error_string(code, $0, $1) } ?? "error \(code)"
    self.init(call: call, errorClass: errorClass, text: text)
  }

  package var description: String { "\(call) failed: \(text) (class \(errorClass))" }
}

/// Returns the string that an MPI function writes into a buffer of `capacity` characters, or nil if the function fails.
func readText(
  capacity: Int32, _ call: (UnsafeMutablePointer<CChar>, UnsafeMutablePointer<Int32>) -> Int32
) -> String? {
  withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(capacity) + 1) { buffer in
    buffer.initialize(repeating: 0)
    var length: Int32 = 0
    guard let start = buffer.baseAddress, call(start, &length) == seppo_success() else { return nil }
    return String(cString: start)
  }
}

/// Throws an `MPIError` if the return code is not `MPI_SUCCESS`.
@inline(__always)
func check(_ call: StaticString, _ code: Int32) throws(MPIError) {
  if code != seppo_success() { throw MPIError(call: "\(call)", code: code) }
}
