/// Parts of the sentences.
extension SeppoError {
  /// Returns names of ranks; where there are many, of the first ones.
  static func spell(_ ranks: [RankAndHost]) -> String {
    let most = 8
    let names = ranks.prefix(most).map { "rank \($0.rank) (\($0.host))" }.joined(separator: ", ")
    return ranks.count > most ? "\(names) and \(ranks.count - most) more" : names
  }

  static func spell(tries: Int) -> String { tries == 1 ? "" : ", the last of \(tries) tries" }

  static func spell(seconds: Double) -> String {
    if seconds < 1 {
      let scale = 1_000.0
      let thousandths = (seconds * scale).rounded() / scale
      return thousandths == 0 ? "\(seconds) s" : "\(thousandths) s"
    }
    let tenths = (seconds * 10).rounded() / 10
    return tenths == tenths.rounded() ? "\(Int(tenths)) s" : "\(tenths) s"
  }

  static func spell(bytes: Int) -> String {
    let units = ["bytes", "KiB", "MiB", "GiB", "TiB"]
    var (value, unit) = (Double(max(0, bytes)), 0)
    while value >= 1024, unit < units.count - 1 { (value, unit) = (value / 1024, unit + 1) }
    return unit == 0 ? "\(max(0, bytes)) bytes" : "\((value * 10).rounded() / 10) \(units[unit])"
  }
}
