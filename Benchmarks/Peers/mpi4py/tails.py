"""Items that sleep, of very unequal length: the lower bound of the makespan over the time taken. See peer.py."""

import sys
import time

import peer
from mpi4py import MPI


def sleep(microseconds):
    time.sleep(microseconds / 1e6)
    return microseconds


def main():
    with open(sys.argv[1], encoding="ascii") as file:
        sleeps = [int(line) for line in file]
    with peer.pool(backoff=0) as executor:
        if executor is None:
            return
        ranks = MPI.COMM_WORLD.size
        list(executor.map(sleep, [1_000] * ranks))
        start = time.perf_counter()
        results = list(executor.map(sleep, sleeps))
        seconds = time.perf_counter() - start
        peer.demand(results == sleeps, "the results differ from the items")
        peer.print_figure("tails", max(max(sleeps), sum(sleeps) / ranks) / 1e6 / seconds)


if __name__ == "__main__":
    main()
