"""Tiny items whose results are consumed as they come: per second, or microseconds per item, one after the other.

See peer.py for the settings."""

import argparse
import concurrent.futures

import peer


def add_one(number):
    return number + 1


def unordered(executor, options):
    numbers = [float(item) for item in range(options.items)]
    return sum(executor.map(add_one, numbers, chunksize=options.chunk, unordered=True)) - options.items


def pool(executor, options):
    futures = [executor.submit(add_one, number) for number in range(options.items)]
    return sum(future.result() - 1 for future in concurrent.futures.as_completed(futures))


def one_by_one(executor, options):
    return sum(executor.submit(add_one, number).result() - 1 for number in range(options.items))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("what", choices=("unordered", "pool", "one-by-one"))
    parser.add_argument("--items", type=int, default=100_000)
    parser.add_argument("--chunk", type=int, default=1)
    parser.add_argument("--maps", type=int, default=3)
    options = parser.parse_args()
    run = {"unordered": unordered, "pool": pool, "one-by-one": one_by_one}[options.what]
    with peer.pool(backoff=0) as executor:
        if executor is None:
            return
        expected = options.items * (options.items - 1) // 2
        seconds = peer.median_seconds(
            options.maps, lambda: run(executor, options), lambda total: peer.demand(total == expected, "the sum")
        )
        if options.what == "one-by-one":
            peer.print_figure("pool", 1e6 * seconds / options.items)
        else:
            peer.print_figure(options.what, options.items / seconds)


if __name__ == "__main__":
    main()
