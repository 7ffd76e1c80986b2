/// A reason not to launch.
struct LaunchFailure: Error {
  let text: String
  let status: Int32

  static let noPipe = LaunchFailure(text: "no pipe can be opened", status: 71)
}
