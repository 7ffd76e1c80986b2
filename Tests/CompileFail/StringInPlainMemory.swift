// fails: 'BitwiseCopyable'
import SeppoMPI

struct Named: Codable, Sendable {
  var name: String
  var value: Double
}

extension Named: PlainMemory {}
