/// A reason not to launch.
struct LaunchFailure: Error {
  let text: String
  let status: Int32
}
