/// The user namespace of this process, on Linux. Containers of unprivileged users have their own.
package enum UserNamespace {
  /// Whether it is another one than the launcher's: then ranks may be in different ones, and can't read each other's memory.
  private static var isOwn: Bool {
    guard let launcher = Launcher.nearest else { return false }
    let own = SystemFile.link("/proc/self/ns/user")
    // That of a process in another one can't be read.
    return own != nil && own != SystemFile.link("/proc/\(launcher)/ns/user")
  }

  /// Has MPI copy messages by shared memory, before it starts. If ranks can't read each other's memory, `MPI_Ibcast` of a large message
  /// hangs in Open MPI 4.1.4, in a C program as well, and fails in MPICH 5.0.2.
  ///
  /// - Returns: whether it was necessary.
  package static func prepareMPI() -> Bool {
    guard isOwn else { return false }
    // The user's own choices count.
    setenv("OMPI_MCA_btl_vader_single_copy_mechanism", "none", 0)
    setenv("MPIR_CVAR_CH4_CMA_ENABLE", "0", 0)
    return true
  }
}
