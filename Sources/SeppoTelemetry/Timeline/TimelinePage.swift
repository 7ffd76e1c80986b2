/// A timeline as a page for a browser: everything that the page needs, and then one line for each record. A browser shows the
/// page even if it ends in the middle.
enum TimelinePage {
  static let head: String = {
    let parts = [
      ("page.css", PackageResources.page_css), ("records.js", PackageResources.records_js),
      ("drawing.js", PackageResources.drawing_js), ("looking.js", PackageResources.looking_js),
      ("tables.js", PackageResources.tables_js),
    ]
    return parts.reduce(String(decoding: PackageResources.page_html, as: UTF8.self)) { page, part in
      page.replacing("@\(part.0)@\n", with: String(decoding: part.1, as: UTF8.self))
    }
  }()

  /// Returns a JSON array; `records.js` reads it.
  static func line(_ record: TimelineRecord) -> String { "[\(fields(record))]\n" }

  private static func fields(_ record: TimelineRecord) -> String {
    switch record {
    case .job(let job):
      let hosts = job.hosts.map { JSON.string($0) }.joined(separator: ",")
      return """
        "job",{"program":\(JSON.string(job.program)),"hosts":[\(hosts)],"began":\(job.began),"zero":\(job.zero)}
        """
    case .callBegan(let number, let time, let name, let place, let label):
      return "\"call\",\(number),\(time),\(JSON.string(name)),\(JSON.string(place)),\(JSON.string(label))"
    case .callEnded(let number, let time, let error, let summary):
      return "\"called\",\(number),\(time),\(JSON.string(error)),\(summary?.json ?? "null")"
    case .place(let summary): return "\"place\",\(summary.json)"
    case .work(let work):
      return """
        \(work.call),\(work.rank),\(work.thread),\(work.began),\(work.ended),\(work.busy),\(work.encoding),\(work.first),\
        \(work.end),\(work.items),\(work.failures),\(work.chunks)
        """
    case .running(let call, let rank, let since, let items):
      return "\"running\",\(call),\(rank),\(since),\(items.lowerBound),\(items.upperBound)"
    case .mark(let mark, let call, let time, let rank, let text):
      return "\"mark\",\"\(mark.rawValue)\",\(call),\(time),\(rank),\(JSON.string(text))"
    case .resolution(let time): return "\"resolution\",\(time)"
    case .end(let time, let text): return "\"end\",\(time),\(JSON.string(text))"
    }
  }
}
