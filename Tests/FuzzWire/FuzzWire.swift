@main struct FuzzWire { static func main() {} }
