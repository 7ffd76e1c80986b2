/// Returns the system's text for an error number with which it has refused a thread or a process, and the limit that is reached.
func refusalText(_ error: Int32) -> String {
  let text = String(cString: strerror(error))
  return error == EAGAIN
    ? "\(text): the limit of processes and threads is reached (ulimit -u, or the control group's)" : text
}
