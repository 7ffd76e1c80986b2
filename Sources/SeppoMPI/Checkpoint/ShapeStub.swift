enum ResultShape { static func describe(_ value: Any) -> String { "\(type(of: value))" } }
