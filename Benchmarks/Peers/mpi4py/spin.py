"""Items that are only arithmetic, in pure Python.

  spin.py speed       the time of one step: nanoseconds
  spin.py serial      the time of map per item, on all ranks at once, each for itself: seconds, one line per rank
  spin.py efficiency  the time of the parallel map for all items: seconds

The manager, rank 0, computes nothing. See peer.py for the settings.
"""

import argparse
import time

import peer
from mpi4py import MPI


def spin(seed, steps):
    state = seed
    for _ in range(steps):
        state = (state * 69069 + 1) & 0x3FFFFFFF
    return state


class Item:
    """Sends the number of the item, together with the number of steps, like a captured value."""

    def __init__(self, steps):
        self.steps = steps

    def __call__(self, seed):
        return spin(seed, self.steps)


def seconds_of(run):
    start = time.perf_counter()
    results = run()
    return time.perf_counter() - start, results


def speed():
    steps = 500_000
    best = min(seconds_of(lambda: spin(seed, steps))[0] for seed in range(5))
    peer.print_figure("spin-speed", best / steps * 1e9)


def serial(items, item):
    first = [item(seed) for seed in range(max(1, items // 10))]
    MPI.COMM_WORLD.Barrier()
    # Processor time, which equals the time taken on a quiet machine.
    before = time.process_time()
    results = list(map(item, range(items)))
    seconds = time.process_time() - before
    peer.demand(results[: len(first)] == first, "the first items")
    peer.print_figure("spin-serial", seconds / items)


def efficiency(items, item, chunk):
    with peer.pool(backoff=0) as executor:
        if executor is None:
            return
        list(executor.map(item, range(max(1, items // 10)), chunksize=chunk))
        seconds, results = seconds_of(lambda: list(executor.map(item, range(items), chunksize=chunk)))
        peer.demand(len(results) == items, "the number of results")
        for seed in (0, items // 2, items - 1):
            peer.demand(results[seed] == item(seed), f"item {seed}")
        peer.print_figure("efficiency", seconds)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("what", choices=["speed", "serial", "efficiency"])
    parser.add_argument("--items", type=int, default=400)
    parser.add_argument("--steps", type=int, default=20_000)
    parser.add_argument("--chunk", type=int, default=1)
    options = parser.parse_args()
    item = Item(options.steps)
    if options.what == "speed":
        speed()
    elif options.what == "serial":
        serial(options.items, item)
    else:
        efficiency(options.items, item, options.chunk)


if __name__ == "__main__":
    main()
