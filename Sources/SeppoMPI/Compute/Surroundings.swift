/// Where on a rank a call is made: calls that all ranks make together can't be made where only one rank is.
enum Surroundings: Int {
  case everyRank = 0
  /// Inside `f`, on whichever rank computes the item.
  case item = 1
  /// Inside the body of `atRoot`, on rank 0.
  case atRoot = 2

  var name: String {
    switch self {
    case .everyRank: "Seppo.run"
    case .item: "an item"
    case .atRoot: "atRoot"
    }
  }

  private static let key: pthread_key_t = {
    var key = pthread_key_t()
    precondition(pthread_key_create(&key, nil) == 0, "no thread-local storage left")
    return key
  }()

  /// Those of the calling thread.
  static var current: Surroundings {
    let value = pthread_getspecific(key)
    return Surroundings(rawValue: Int(bitPattern: value)) ?? .everyRank
  }

  /// Runs the body with the calling thread in these surroundings.
  static func enter<Value>(_ surroundings: Surroundings, _ body: () throws -> Value) rethrows -> Value {
    let before = pthread_getspecific(key)
    pthread_setspecific(key, UnsafeRawPointer(bitPattern: surroundings.rawValue))
    defer { pthread_setspecific(key, before) }
    return try body()
  }
}
