"""The cost of a call: one tiny item per rank, in microseconds, the median of many calls. See peer.py for the settings."""

import argparse
import statistics
import time

import peer
from mpi4py import MPI


def add_one(number):
    return number + 1


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--calls", type=int, default=2_000)
    options = parser.parse_args()
    with peer.pool(backoff=0) as executor:
        if executor is None:
            return
        items = list(range(MPI.COMM_WORLD.size))
        expected = [add_one(item) for item in items]
        measured = []
        for call in range(options.calls + 1):
            start = time.perf_counter()
            results = list(executor.map(add_one, items))
            seconds = time.perf_counter() - start
            peer.demand(results == expected, f"{results} in call {call}")
            if call > 0:
                measured.append(seconds)
        peer.print_figure("call", statistics.median(measured) * 1e6)


if __name__ == "__main__":
    main()
