// fails: type '(Int, Int)' cannot conform to
import SeppoMPI

func program() throws {
  try Seppo.withPool({ (item: Int) in (item, item * item) }) { pool in pool.submit(1) }
}
