/// A timeline as trace events in the JSON array format, in which the bracket at the end may be missing: "Trace Event Format",
/// Google, 2016.
enum TraceEvents {
  static let head = "[\n"
  /// The process that stands for the calls, besides those for the ranks.
  private static let calls = 1_000_000

  private static func event(_ fields: String) -> String { "{\(fields)},\n" }

  static func lines(_ record: TimelineRecord) -> String {
    switch record {
    case .job(let job):
      let ranks = job.hosts.enumerated().map { (rank, host) in name(rank, "rank \(rank) (\(host))") }
      return name(calls, "calls of \(job.program)") + ranks.joined()
    case .callBegan(let number, let time, let call, let place, let label):
      return event(
        "\"name\":\(JSON.string("\(label.map { "\($0), " } ?? "")\(call) at \(place)")),\"cat\":\"call\",\"ph\":\"B\","
          + "\"ts\":\(time),\"pid\":\(calls),\"tid\":0,\"args\":{\"call\":\(number)}")
    case .callEnded(_, let time, let error, _):
      return event(
        "\"ph\":\"E\",\"ts\":\(time),\"pid\":\(calls),\"tid\":0,\"args\":{\"error\":\(JSON.string(error))}")
    case .work(let work):
      let items = work.items == 1 ? "item \(work.first)" : "items \(work.first) to \(work.end - 1)"
      return event(
        "\"name\":\(JSON.string(items)),\"cat\":\"chunk\",\"ph\":\"X\",\"ts\":\(work.began),"
          + "\"dur\":\(work.ended - work.began),\"pid\":\(work.rank),\"tid\":\(work.thread),\"args\":{\"call\":\(work.call),"
          + "\"items\":\(work.items),\"failures\":\(work.failures),\"busy\":\(work.busy),\"encoding\":\(work.encoding),"
          + "\"chunks\":\(work.chunks)}")
    case .running, .place: return ""
    case .mark(let mark, let call, let time, let rank, let text):
      return event(
        "\"name\":\(JSON.string("\(mark.rawValue): \(text)")),\"cat\":\"\(mark.rawValue)\",\"ph\":\"i\",\"s\":\"p\","
          + "\"ts\":\(time),\"pid\":\(rank),\"tid\":0,\"args\":{\"call\":\(call)}")
    case .resolution(let time):
      return event(
        "\"name\":\"resolution\",\"ph\":\"M\",\"pid\":\(calls),\"args\":{\"microseconds\":\(time)}")
    case .end(let time, let text):
      return
        "{\"name\":\(JSON.string(text)),\"cat\":\"end\",\"ph\":\"i\",\"s\":\"g\",\"ts\":\(time),\"pid\":\(calls),\"tid\":0}\n]\n"
    }
  }

  private static func name(_ process: Int, _ text: String) -> String {
    event("\"name\":\"process_name\",\"ph\":\"M\",\"pid\":\(process),\"args\":{\"name\":\(JSON.string(text))}")
      + event(
        "\"name\":\"process_sort_index\",\"ph\":\"M\",\"pid\":\(process),\"args\":{\"sort_index\":\(process == calls ? -1 : process)}"
      )
  }
}
