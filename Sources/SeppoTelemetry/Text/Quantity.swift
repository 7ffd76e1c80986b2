/// Numbers with units, as people read them.
enum Quantity {
  /// Returns a duration, such as "52 µs", "430 ms", "12.3 s", "2 min 5 s" or "3 h 20 min".
  static func duration(_ nanoseconds: Int) -> String {
    let nanoseconds = max(0, nanoseconds)
    let seconds = Double(nanoseconds) / 1e9
    if nanoseconds < 1_000 { return "\(nanoseconds) ns" }
    if seconds < 0.000_999_5 { return "\(rounded(seconds * 1e6)) µs" }
    if seconds < 0.999_5 { return "\(rounded(seconds * 1e3)) ms" }
    if seconds < 100, seconds == seconds.rounded() { return "\(Int(seconds)) s" }
    if seconds < 99.95 { return "\(decimal(seconds, places: seconds < 9.995 ? 2 : 1)) s" }
    let whole = rounded(seconds)
    if whole < 3_600 { return pair(whole, 60, "min", "s") }
    if whole < 86_400 { return pair(whole / 60, 60, "h", "min") }
    return pair(whole / 3_600, 24, "d", "h")
  }

  /// Returns a time to wait in whole seconds, such as "7 s".
  static func wait(_ nanoseconds: Int) -> String {
    let second = 1_000_000_000
    return nanoseconds < second ? "< 1 s" : duration((nanoseconds + second - 1) / second * second)
  }

  /// Returns a duration rounded to whole seconds.
  static func wholeSeconds(_ nanoseconds: Int) -> String {
    let second = 1_000_000_000
    return nanoseconds < second ? duration(nanoseconds) : duration((nanoseconds + second / 2) / second * second)
  }

  private static func pair(_ value: Int, _ base: Int, _ large: String, _ small: String) -> String {
    value % base == 0 ? "\(value / base) \(large)" : "\(value / base) \(large) \(value % base) \(small)"
  }

  /// Returns a whole number with a comma before each three digits.
  static func count(_ value: Int) -> String {
    let digits = Array(String(value.magnitude))
    var text = value < 0 ? "-" : ""
    for (place, digit) in digits.enumerated() {
      if place > 0, (digits.count - place) % 3 == 0 { text.append(",") }
      text.append(digit)
    }
    return text
  }

  /// Returns a number of things, such as "1 item" or "2 items".
  static func count(_ value: Int, _ thing: String) -> String { "\(count(value)) \(thing)\(value == 1 ? "" : "s")" }

  /// Returns how often something happens, such as "812/s", "3.2/min" or "1.1/h".
  static func rate(_ perSecond: Double) -> String {
    let (value, unit) =
      if perSecond >= 1 { (perSecond, "s") } else if perSecond * 60 >= 1 { (perSecond * 60, "min") } else {
        (perSecond * 3_600, "h")
      }
    return "\(value < 9.95 ? decimal(value, places: 1) : count(rounded(value)))/\(unit)"
  }

  /// Returns a part of a whole in per cent, with one digit after the point.
  static func share(_ part: Int, of whole: Int) -> String {
    whole > 0 ? "\(decimal(100 * Double(part) / Double(whole), places: 1)) %" : "0 %"
  }

  /// Returns a number of bytes, such as "12.3 MB".
  static func bytes(_ value: Int) -> String {
    var (scaled, unit) = (Double(max(0, value)), 0)
    let units = ["bytes", "kB", "MB", "GB", "TB", "PB"]
    while scaled >= 999.5, unit < units.count - 1 { (scaled, unit) = (scaled / 1_000, unit + 1) }
    return unit == 0 ? "\(value) bytes" : "\(decimal(scaled, places: scaled < 99.95 ? 1 : 0)) \(units[unit])"
  }

  /// Returns a number that isn't negative, with this number of digits after the point.
  static func decimal(_ value: Double, places: Int) -> String {
    var scale = 1
    for _ in 0..<places { scale *= 10 }
    let whole = rounded(value * Double(scale))
    if places == 0 { return "\(whole)" }
    let digits = String(whole % scale)
    return "\(whole / scale).\(String(repeating: "0", count: places - digits.count))\(digits)"
  }

  /// Returns the nearest whole number, within what fits.
  static func rounded(_ value: Double) -> Int {
    value.isFinite ? Int(min(max(value.rounded(), 0), 9e18)) : 0
  }
}
