"""Maps few short items in a loop, each map with the results of the one before: work divided by (cores x time).

The items' times are those of Seppo's program. The manager, rank 0, computes nothing. See peer.py for the settings.
"""

import argparse
import math
import time

import peer

MASK = (1 << 64) - 1
GOLDEN = 0x9E3779B97F4A7C15


def mix(z):
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
    return z ^ (z >> 31)


def following(state):
    return mix((state + GOLDEN) & MASK)


def uniform(bits):
    return ((bits >> 11) + 1) / (1 << 53)


class Item:
    """Sends the state of the item, together with the distribution of the times, like captured values."""

    def __init__(self, mean, sigma):
        self.mean, self.sigma = mean, sigma

    def nanoseconds(self, state):
        """Log-normal, from the item's state."""
        if self.sigma == 0:
            return self.mean
        normal = math.sqrt(-2 * math.log(uniform(mix(state)))) * math.cos(2 * math.pi * uniform(mix(~state & MASK)))
        return self.mean * math.exp(self.sigma * normal - self.sigma * self.sigma / 2)

    def __call__(self, state):
        end = time.thread_time_ns() + self.nanoseconds(state)
        while time.thread_time_ns() < end:
            pass
        return following(state)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--items", type=int, default=64)
    parser.add_argument("--nanoseconds", type=float, default=50_000)
    parser.add_argument("--permille", type=float, default=0)
    parser.add_argument("--maps", type=int, default=100)
    parser.add_argument("--cores", type=int, default=2)
    parser.add_argument("--chunk", type=int, default=1)
    options = parser.parse_args()
    item = Item(options.nanoseconds, options.permille / 1000)
    with peer.pool(backoff=0) as executor:
        if executor is None:
            return
        states = [(i * GOLDEN) & MASK for i in range(options.items)]
        for _ in range(20):
            states = list(executor.map(item, states, chunksize=options.chunk))
        first = states
        start = time.perf_counter()
        for _ in range(options.maps):
            states = list(executor.map(item, states, chunksize=options.chunk))
        seconds = time.perf_counter() - start
        work = 0.0
        for _ in range(options.maps):
            work += sum(map(item.nanoseconds, first))
            first = list(map(following, first))
        peer.demand(first == states, "the last states")
        peer.print_figure("loop", work / (options.cores * seconds * 1e9))


if __name__ == "__main__":
    main()
