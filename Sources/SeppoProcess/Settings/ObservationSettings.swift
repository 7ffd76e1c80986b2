/// What rank 0 shows and records of a run, from environment variables.
package struct ObservationSettings: Sendable {
  package enum Progress: String, Sendable, CaseIterable {
    /// A line at the bottom of the terminal, redrawn as the call advances.
    case bar
    /// Lines now and then.
    case log
    case off
  }

  /// `SEPPO_PROGRESS`: how all calls show their progress; nil if only those with `progress:` show it.
  package let progress: Progress?
  /// `SEPPO_SUMMARY=1`: whether each call's summary is printed.
  package let printsSummaries: Bool
  /// `SEPPO_TIMELINE`: the file for the timeline, a page (`.html`) or trace events (`.json`); nil for none.
  package let timeline: String?
  /// The timeline's absolute path, if it is a page.
  package var timelinePage: String? {
    guard let timeline, timeline.hasSuffix(".html") else { return nil }
    return timeline.hasPrefix("/")
      ? timeline
      : getcwd(nil, 0).map { folder in
        defer { free(folder) }
        return "\(String(cString: folder))/\(timeline)"
      }
  }

  /// - Throws: `BadSetting` for an invalid value.
  package init() throws(BadSetting) {
    let text = Settings.text("SEPPO_PROGRESS") ?? ""
    progress = Progress(rawValue: text)
    if progress == nil, !text.isEmpty {
      let values = Progress.allCases.map(\.rawValue).joined(separator: ", ")
      throw BadSetting(description: "SEPPO_PROGRESS=\(text): use one of \(values)")
    }
    let size = Settings.text("SEPPO_TERMINAL") ?? ""
    guard size.isEmpty || ObservationSettings.terminalSize(size) != nil else {
      throw BadSetting(description: "SEPPO_TERMINAL=\(size): must be columns and rows, such as 100x30")
    }
    let summary = Settings.text("SEPPO_SUMMARY") ?? ""
    guard ["", "0", "1"].contains(summary) else {
      throw BadSetting(description: "SEPPO_SUMMARY=\(summary): use 1 to print a summary of each call")
    }
    printsSummaries = summary == "1"
    let path = Settings.text("SEPPO_TIMELINE") ?? ""
    timeline = path.isEmpty ? nil : ObservationSettings.path(path)
    guard path.isEmpty || path.hasSuffix(".html") || path.hasSuffix(".json") else {
      throw BadSetting(
        description: "SEPPO_TIMELINE=\(path): must end with .html, for a page to look at, or .json, for trace events")
    }
  }

  /// Parses a terminal's size, such as `100x30`; nil if it is none.
  static func terminalSize(_ text: String) -> (columns: Int, rows: Int)? {
    let parts = text.split(separator: "x").compactMap { Int($0) }
    return parts.count == 2 ? (parts[0], parts[1]) : nil
  }

  /// Returns where this job writes the timeline. One that was relaunched keeps the file of the job before it.
  private static func path(_ path: String) -> String {
    guard let relaunches = Settings.text("SEPPO_RELAUNCH").flatMap({ Int($0) }), let dot = path.lastIndex(of: ".")
    else {
      return path
    }
    return "\(path[..<dot])-\(relaunches + 1)\(path[dot...])"
  }
}
