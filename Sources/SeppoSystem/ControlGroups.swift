/// The control groups of this process, on Linux.
///
/// Source: https://docs.kernel.org/admin-guide/cgroup-v2.html, and https://docs.kernel.org/admin-guide/cgroup-v1 for version 1.
package enum ControlGroups {
  /// A folder with the files of a group.
  package struct Folder: Sendable, Equatable {
    package let path: String
    /// Whether the files are those of version 2.
    package let isUnified: Bool
  }

  /// Returns the folders of this process's groups that may have files of a controller, and those of all groups above them.
  ///
  /// - Parameters:
  ///   - controller: such as `memory`.
  ///   - read: returns the text of a file, or nil if there is none.
  package static func folders(of controller: String, _ read: (String) -> String?) -> [Folder] {
    (read("/proc/self/cgroup") ?? "").split(separator: "\n").flatMap { line -> [Folder] in
      let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
      guard parts.count == 3 else { return [] }
      if parts[1].isEmpty {
        // If version 1 is mounted too, version 2 has a folder of its own.
        return ["/sys/fs/cgroup", "/sys/fs/cgroup/unified"].flatMap { root in
          levels(of: parts[2], under: root).map { Folder(path: $0, isUnified: true) }
        }
      }
      guard parts[1].split(separator: ",").contains(controller[...]) else { return [] }
      return levels(of: parts[2], under: "/sys/fs/cgroup/\(controller)").map { Folder(path: $0, isUnified: false) }
    }
  }

  /// Returns the group's folder and all folders above it.
  ///
  /// In a container, the path may be that of the host. Then the group itself is mounted at the root, and the folders below
  /// don't exist.
  private static func levels(of path: Substring, under root: String) -> [String] {
    let names = path.split(separator: "/")
    if names.contains("..") { return [root] }
    return (0...names.count).map { root + names.prefix($0).map { "/\($0)" }.joined() }
  }
}
