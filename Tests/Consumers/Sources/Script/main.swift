import SeppoMPI

let results = try [1.0, 2.0, 3.0].mapParallel { $0 * $0 }
for result in results { print(result) }
