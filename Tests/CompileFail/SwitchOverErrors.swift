// fails: may have additional unknown values
import SeppoMPI

func text(_ error: SeppoError) -> String {
  switch error {
  case .itemThrew, .itemTimedOut, .itemStuck, .itemCrashed, .itemKilledRanks: "item"
  case .checkpoint, .ranksUnresponsive, .notEnoughMemory, .rootThrew, .mergeThrew, .consumerThrew, .sequenceThrew,
    .poolThrew, .diverged:
    "job"
  case .itemsDiffer, .resultsDiffer, .notEncodable, .notDecodable: "values"
  case .nested, .afterEnd, .inForkedProcess, .ranTwice, .overlapping, .wrongThread, .badOption, .noThread, .noProcess,
    .mpi:
    "call"
  }
}
