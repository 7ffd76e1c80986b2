#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Calls the body with strings as the C library takes lists of them.
package func withCStrings<Value>(
  _ strings: [String], _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) -> Value
) -> Value {
  var pointers = strings.map { strdup($0) } + [nil]
  defer { for pointer in pointers { free(pointer) } }
  return body(&pointers)
}
