/// Limits of this process's resources, as of `getrlimit`.
enum ResourceLimit {
  case addressSpace, data, fileSize, stack

  #if canImport(Glibc)
    private var resource: __rlimit_resource_t {
      switch self {
      case .addressSpace: __rlimit_resource_t(RLIMIT_AS.rawValue)
      case .data: __rlimit_resource_t(RLIMIT_DATA.rawValue)
      case .fileSize: __rlimit_resource_t(RLIMIT_FSIZE.rawValue)
      case .stack: __rlimit_resource_t(RLIMIT_STACK.rawValue)
      }
    }
  #else
    private var resource: Int32 {
      switch self {
      case .addressSpace: RLIMIT_AS
      case .data: RLIMIT_DATA
      case .fileSize: RLIMIT_FSIZE
      case .stack: RLIMIT_STACK
      }
    }
  #endif

  /// The limit; nil if the system doesn't tell.
  var value: rlimit? {
    var limit = rlimit()
    return getrlimit(resource, &limit) == 0 ? limit : nil
  }

  /// Sets the soft limit, at most to the hard one.
  func set(_ soft: rlim_t) {
    guard var limit = value else { return }
    limit.rlim_cur = min(limit.rlim_max, soft)
    setrlimit(resource, &limit)
  }
}
