"""Squares each item: items per second, results on rank 0. See peer.py for the settings."""

import argparse

import peer


def square(number):
    return number * number


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--items", type=int, default=400_000)
    parser.add_argument("--chunk", type=int, default=1)
    parser.add_argument("--maps", type=int, default=3)
    options = parser.parse_args()
    with peer.pool(backoff=0) as executor:
        if executor is None:
            return
        numbers = [float(item) for item in range(options.items)]
        expected = [square(number) for number in numbers]
        seconds = peer.median_seconds(
            options.maps,
            lambda: list(executor.map(square, numbers, chunksize=options.chunk)),
            lambda squares: peer.demand(squares == expected, "the squares"),
        )
        peer.print_figure("squares", options.items / seconds)


if __name__ == "__main__":
    main()
