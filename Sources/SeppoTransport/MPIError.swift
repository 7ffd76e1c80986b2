internal import CMPI

/// An error that MPI reported: which call, the error's class, and MPI's own text.
package struct MPIError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The MPI function that failed, as `MPI_Isend`.
  package let call: String
  /// The class that MPI sorts the error into, `MPI_Error_class`.
  package let errorClass: Int32
  /// What MPI says of it, `MPI_Error_string`.
  package let text: String

  package init(call: String, errorClass: Int32, text: String) {
    self.call = call
    self.errorClass = errorClass
    self.text = text
  }

  init(call: String, code: Int32) {
    var errorClass: Int32 = 0
    if MPI_Error_class(code, &errorClass) != seppo_success() { errorClass = code }
    let capacity = Int(seppo_max_error_string())
    let text = withUnsafeTemporaryAllocation(of: CChar.self, capacity: capacity + 1) { buffer in
      buffer.initialize(repeating: 0)
      var length: Int32 = 0
      guard let start = buffer.baseAddress, MPI_Error_string(code, start, &length) == seppo_success() else {
        return "error \(code)"
      }
      return String(cString: start)
    }
    self.init(call: call, errorClass: errorClass, text: text)
  }

  package var description: String { "\(call) failed: \(text) (class \(errorClass))" }
}

/// Turns a C return code into a throw.
///
/// `call` is an autoclosure's worth of nothing on the good path: a static string, no allocation.
@inline(__always)
func check(_ call: StaticString, _ code: Int32) throws(MPIError) {
  if code != seppo_success() { throw MPIError(call: "\(call)", code: code) }
}
