// fails: f returns nothing, so there would be no results
import SeppoMPI

@Sendable func show(_ number: Int) { print(number) }

func program() throws { _ = try [1, 2].parallel(chunk: .items(1)).map(show) }
