"""Sends numpy arrays to workers that add 1 to each element, and back: GB per second. See peer.py for the settings."""

import argparse

import numpy
import peer


def add_one(array):
    return array + 1


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--arrays", type=int, default=200)
    parser.add_argument("--length", type=int, default=1_000_000)
    parser.add_argument("--maps", type=int, default=1)
    parser.add_argument("--pickle5", action="store_true")
    options = parser.parse_args()
    with peer.pool(backoff=0, pickle5=options.pickle5) as executor:
        if executor is None:
            return
        arrays = [array + numpy.arange(options.length, dtype=float) for array in range(options.arrays)]

        def check(results):
            peer.demand(len(results) == len(arrays), "the number of arrays")
            for array, result in zip(arrays, results):
                peer.demand(numpy.array_equal(array + 1, result), "an array")

        seconds = peer.median_seconds(options.maps, lambda: list(executor.map(add_one, arrays)), check)
        peer.print_figure("arrays", 2 * options.arrays * options.length * 8 / seconds / 1e9)


if __name__ == "__main__":
    main()
