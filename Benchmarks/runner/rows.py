"""Defines the rows of the table: the entrants, their commands, and the goal."""

import dataclasses

from .row import Entrant, Row


def ours(*command, ranks=1, **more):
    return Entrant("Seppo", ("{benchmark}", *command), ranks, **more)


def c_peer(program, *command, ranks, **more):
    return Entrant("C", ("{c}/" + program, *command), ranks, **more)


def mpi4py(program, *command, ranks, **more):
    return Entrant("mpi4py", ("{python}", "{mpi4py}/" + program, *command), ranks, **more)


def charm4py(*command, ranks, **more):
    return Entrant("charm4py", ("{charm4py}/squares.py", *command), ranks, launcher="charmrun", **more)


def core(subcommand, key, who="Seppo"):
    return Entrant(who, ("{core}", subcommand), key=key, launcher="none")


POWERS_OF_TWO = tuple(1 << power for power in range(8, 17))
CHUNKS = (256, 4096, 65536)
SAME = {"full": {}, "quick": {}, "smoke": {}}


def squares():
    """Python has fewer items if they are sent one by one, which takes thousands of times as long."""
    number = ("--items", "{items}", "--maps", "{maps}")
    yield Row(
        "squares",
        "Double → Double, x·x, 3 ranks",
        "items/s",
        0.7,
        (
            ours("squares", *number, ranks=3),
            c_peer("squares", *number, "--chunk", "{chunk}", ranks=3, chunks=POWERS_OF_TWO, quick_chunks=CHUNKS),
            mpi4py("squares.py", "--items", "{few}", ranks=3, label="default"),
            mpi4py(
                "squares.py", "--items", "{some}", "--chunk", "{chunk}", ranks=3, chunks=CHUNKS, quick_chunks=(4096,)
            ),
            charm4py("{few}", "1", "3", ranks=3, label="default"),
            charm4py("{some}", "{chunk}", "3", ranks=3, chunks=CHUNKS, quick_chunks=(4096,)),
        ),
        {
            "full": {"items": 4_000_000, "maps": 5, "few": 10_000, "some": 1_000_000},
            "quick": {"items": 4_000_000, "maps": 3, "few": 1_000, "some": 400_000},
            "smoke": {"items": 100_000, "maps": 1},
        },
        against="C",
        family="squares",
    )
    for ranks in (2, 3):
        yield Row(
            f"chunk1-{ranks}",
            f"the same in chunks of one item, {ranks} ranks",
            "items/s",
            0.7,
            (
                ours("squares", *number, "--chunk", "1", ranks=ranks),
                c_peer("squares", *number, "--chunk", "1", ranks=ranks),
                mpi4py("squares.py", "--items", "{few}", ranks=ranks),
                charm4py("{few}", "1", "3", ranks=ranks),
            ),
            {
                "full": {"items": 200_000, "maps": 5, "few": 10_000},
                "quick": {"items": 50_000, "maps": 3, "few": 1_000},
                "smoke": {"items": 1_000, "maps": 1},
            },
            against="C",
            family="chunk1",
        )


def arrays():
    size = ("--arrays", "{arrays}", "--length", "{length}")
    for ranks in (2, 3):
        yield Row(
            f"arrays-{ranks}",
            f"arrays of 10⁶ Double, out and back, at root, {ranks} ranks",
            "GB/s",
            1.0,
            (
                ours("arrays", *size, ranks=ranks),
                c_peer("arrays", *size, "--new", "1", ranks=ranks),
                c_peer("arrays", *size, ranks=ranks, label="over old results"),
                mpi4py("arrays.py", *size, ranks=ranks, label="default"),
                mpi4py("arrays.py", *size, "--pickle5", ranks=ranks, label="pickle 5"),
            ),
            {
                "full": {"arrays": 200, "length": 1_000_000},
                "quick": {"arrays": 10, "length": 1_000_000},
                "smoke": {"arrays": 4, "length": 100_000},
            },
            against="C",
            family="arrays",
        )


def cores():
    for milliseconds, goal, chunks in ((0.1, 1.85, (1, 16, 128)), (1, 1.95, (1, 16)), (10, 1.97, (1,))):
        for ranks in (2, 3):
            spin = ("--items", "{items}", "--steps", "{steps}")
            alone = ("--items", "{alone}", "--steps", "{steps}")
            yield Row(
                f"cores-{milliseconds}ms-{ranks}",
                f"items of {milliseconds} ms on 2 cores, {ranks} ranks",
                "cores",
                goal,
                (
                    Entrant(
                        "Seppo",
                        ("{benchmark}", "efficiency", *spin),
                        ranks,
                        speed=("{benchmark}", "spin-speed"),
                        serial=("{benchmark}", "spin-serial", *alone),
                    ),
                    Entrant(
                        "mpi4py",
                        ("{python}", "{mpi4py}/spin.py", "efficiency", *spin, "--chunk", "{chunk}"),
                        ranks,
                        chunks=chunks,
                        quick_chunks=chunks[-1:],
                        speed=("{python}", "{mpi4py}/spin.py", "speed"),
                        serial=("{python}", "{mpi4py}/spin.py", "serial", *alone),
                    ),
                ),
                {
                    mode: {"items": round(work / milliseconds), "milliseconds": milliseconds}
                    for mode, work in (("full", 4_000), ("quick", 400), ("smoke", 40))
                },
                measure="cores",
                family="cores",
            )


def calls():
    yield Row(
        "tails",
        "4,000 sleeping items, heavy-tailed, 16 ranks: bound/makespan",
        "of 1",
        0.95,
        (ours("tails", "{sleeps}", ranks=16), mpi4py("tails.py", "{sleeps}", ranks=16)),
        {"full": {"per_rank": 3.0}, "quick": {"per_rank": 0.5}, "smoke": {"per_rank": 0.1}},
        family="tails",
    )
    for ranks, goals in ((2, (15, 20, 60)), (3, (40, 50, 150))):
        for (key, what), goal in zip((("median", "median"), ("mean", "mean"), ("p99", "99th percentile")), goals):
            peers = (mpi4py("call.py", "--calls", "{calls}", ranks=ranks),) if key == "median" else ()
            yield Row(
                f"call-{ranks}-{key}",
                f"one call, one tiny item per rank, {ranks} ranks, {what}",
                "µs",
                goal,
                (ours("call", "--calls", "{calls}", ranks=ranks, key=key), *peers),
                {"full": {"calls": 5_000}, "quick": {"calls": 2_000}, "smoke": {"calls": 50}},
                more_is_better=False,
                goal_is_minimum=False,
                family="call",
            )
    yield Row(
        "call-16",
        "8,000 maps of 16 items that cost nothing, 3 ranks: mean",
        "µs",
        40,
        (ours("call", "--items", "16", "--calls", "{calls}", ranks=3, key="mean"),),
        {"full": {"calls": 8_000}, "quick": {"calls": 2_000}, "smoke": {"calls": 50}},
        more_is_better=False,
        goal_is_minimum=False,
        family="call",
    )
    yield Row(
        "serial",
        "one rank: mapParallel more than map, per item",
        "ns",
        1,
        (ours("serial", "--items", "{items}", "--times", "{times}"),),
        {
            "full": {"items": 4_000_000, "times": 25},
            "quick": {"items": 4_000_000, "times": 10},
            "smoke": {"items": 100_000, "times": 3},
        },
        more_is_better=False,
        goal_is_minimum=False,
        family="serial",
    )
    yield Row(
        "idle",
        "a rank that waits while another computes",
        "cores",
        0.01,
        (
            ours("idle", "--seconds", "{seconds}", ranks=2),
            c_peer("idle", "--seconds", "{seconds}", ranks=2),
            mpi4py("idle.py", "--seconds", "{seconds}", ranks=3),
        ),
        {"full": {"seconds": 5}, "quick": {"seconds": 1}, "smoke": {"seconds": 1}},
        more_is_better=False,
        goal_is_minimum=False,
        family="idle",
    )


def loops():
    """Short maps in a loop, against C's static split: with even items, and with items that vary."""
    for items, microseconds, goal in ((64, 50, 0.95), (64, 10, 0.85), (32, 200, 0.97), (16, 1_000, 0.97)):
        for ranks, bound in ((2, "none"), (2, "core"), (3, "none")):
            for sigma in (0, 1):
                name = f"loop-{items}x{microseconds}us-{ranks}{'-bound' if bound != 'none' else ''}"
                work = (
                    f"{items} items of {microseconds} µs{', varied' if sigma else ''}, in a loop, {ranks} ranks"
                    f"{', bound' if bound != 'none' else ''}"
                )
                peers = ("--items", "{items}", "--nanoseconds", "{nanoseconds}", "--permille", "{permille}", "--maps")
                own = ("loop", "--items", "{items}", "--microseconds", "{microseconds}", "--sigma", "{sigma}", "--maps")
                full = round(1e6 / (items * microseconds))
                in_smoke = (items, microseconds, ranks) == (64, 10, 3)
                sizes = {
                    mode: {
                        "items": items,
                        "microseconds": microseconds,
                        "nanoseconds": 1_000 * microseconds,
                        "sigma": sigma,
                        "permille": 1_000 * sigma,
                        "maps": max(3, round(full * part)),
                    }
                    for mode, part in (("full", 1), ("quick", 0.5), ("smoke", 0.01))
                }
                yield Row(
                    name + ("-varied" if sigma else ""),
                    work,
                    "of 1",
                    1.1 if sigma else goal,
                    (
                        ours(*own, "{maps}", ranks=ranks, bound=bound),
                        c_peer("loop", *peers, "{maps}", ranks=ranks, bound=bound),
                        mpi4py(
                            "loop.py", *peers, "{maps}", "--chunk", "{chunk}", ranks=ranks, bound=bound,
                            chunks=(1, items // 8), quick_chunks=(items // 8,)
                        ),
                    ),
                    sizes,
                    against="C",
                    in_smoke=in_smoke,
                    family="loop",
                )
                if sigma:
                    yield Row(
                        name + "-list",
                        f"{work}: list scheduling at no cost ÷ time",
                        "of 1",
                        0.9,
                        (ours(*own, "{maps}", "--against-list", ranks=ranks, bound=bound),),
                        sizes,
                        in_smoke=in_smoke,
                        family="loop",
                    )


def growth():
    yield Row(
        "growth",
        "maps at one line of items of 0.1, then 1, then 10 ms, 2 ranks: the least of the three",
        "of 1",
        0.93,
        (ours("growth", "--items", "{items}", ranks=2),),
        {
            "full": {"items": "20000,2000,200"},
            "quick": {"items": "10000,1000,100"},
            "smoke": {"items": "100,10,4"},
        },
        family="growth",
    )
    for ranks, milliseconds, each, goal in ((48, 10, 50, 0.95), (96, 200, 20, 0.98)):
        for chunk in ("", "-items1"):
            options = ("--chunk", "1") if chunk else ()
            yield Row(
                f"sleeps-{ranks}{chunk}",
                f"{ranks} ranks, {each} items a rank that sleep {milliseconds} ms{', .items(1)' if chunk else ''}",
                "of 1",
                goal,
                (
                    ours(
                        "growth", "--sleeps", "--warm-ups", "1", "--microseconds", "{times}", "--items", "{items}",
                        *options, ranks=ranks
                    ),
                ),
                {
                    mode: {
                        "times": f"{1_000 * milliseconds},{1_000 * milliseconds}",
                        "items": f"{2 * ranks},{part * ranks}",
                    }
                    for mode, part in (("full", each), ("quick", each), ("smoke", 1))
                },
                family="sleeps",
            )


def verbs():
    number = ("--items", "{items}", "--maps", "{maps}")
    yield Row(
        "sum",
        "sum of squares of a range, 2 ranks",
        "items/s",
        0.8,
        (ours("sum", *number, ranks=2), c_peer("sum", *number, ranks=2)),
        {
            "full": {"items": 100_000_000, "maps": 5},
            "quick": {"items": 100_000_000, "maps": 3},
            "smoke": {"items": 1_000_000, "maps": 1},
        },
        against="C",
        family="verbs",
    )
    yield Row(
        "filter",
        "filter that keeps one in 1,000 of 4·10⁶ Double, 2 ranks: time of a map of the same ÷ its time",
        "times",
        1,
        (ours("filter", *number, ranks=2),),
        {
            "full": {"items": 4_000_000, "maps": 5},
            "quick": {"items": 4_000_000, "maps": 3},
            "smoke": {"items": 100_000, "maps": 1},
        },
        family="verbs",
    )


def streams():
    for what, work, goal in (
        ("unordered", "10⁵ tiny results consumed as they come, in any order, 2 ranks", 20),
        ("pool", "10⁵ tiny tasks submitted to a pool and collected, 2 ranks", 20),
    ):
        own = ("--items", "{items}") if what == "unordered" else ("--tasks", "{items}")
        chunks = {"chunks": CHUNKS, "quick_chunks": (4096,)} if what == "unordered" else {}
        chunk = ("--chunk", "{chunk}") if what == "unordered" else ()
        yield Row(
            what,
            work,
            "items/s",
            goal,
            (
                ours(what, *own, "--maps", "{maps}", ranks=2),
                mpi4py("streams.py", what, "--items", "{items}", *chunk, "--maps", "{maps}", ranks=2, **chunks),
            ),
            {
                "full": {"items": 100_000, "maps": 5},
                "quick": {"items": 100_000, "maps": 1},
                "smoke": {"items": 10_000, "maps": 1},
            },
            against="mpi4py",
            family="streams",
        )
    yield Row(
        "pool-latency",
        "tiny tasks of a pool, one after the other, 2 ranks",
        "µs",
        5,
        (
            ours("pool", "--one-by-one", "--tasks", "{items}", "--maps", "{maps}", ranks=2),
            mpi4py("streams.py", "one-by-one", "--items", "{items}", "--maps", "{maps}", ranks=2),
        ),
        {
            "full": {"items": 10_000, "maps": 5},
            "quick": {"items": 5_000, "maps": 3},
            "smoke": {"items": 100, "maps": 1},
        },
        more_is_better=False,
        against="mpi4py",
        ratio="peer/ours",
        family="streams",
    )
    yield Row(
        "stream-memory",
        "2,000 results of 1 MB consumed as they come, 2 ranks: rank 0's peak memory",
        "MB",
        200,
        (ours("stream-memory", "--items", "{items}", ranks=2),),
        {"full": {"items": 2_000}, "quick": {"items": 2_000}, "smoke": {"items": 50}},
        more_is_better=False,
        goal_is_minimum=False,
        family="streams",
    )
    yield Row(
        "isolation",
        "a chunk in a process of its own: more than in a thread, 2 ranks",
        "µs",
        20,
        (ours("isolation", "--items", "{items}", ranks=2),),
        {"full": {"items": 10_000}, "quick": {"items": 3_000}, "smoke": {"items": 50}},
        more_is_better=False,
        goal_is_minimum=False,
        family="streams",
    )
    yield Row(
        "isolation-start",
        "a call of one item in a process of its own, if the rank holds 1 GB",
        "ms",
        100,
        (ours("isolation", "--megabytes", "{megabytes}"),),
        {"full": {"megabytes": 1_000}, "quick": {"megabytes": 1_000}, "smoke": {"megabytes": 10}},
        more_is_better=False,
        goal_is_minimum=False,
        family="streams",
    )


def programs():
    lines = ("{lines_script}", "{lines}")
    yield Row(
        "commands",
        "command lines that run true, 2 ranks",
        "lines/s",
        3,
        (
            Entrant(
                "Seppo",
                (*lines, "mpirun", "-n", "2", "--bind-to", "none", "--oversubscribe", "{commands}"),
                2,
                launcher="own",
            ),
            Entrant("parallel", (*lines, "parallel", "-j2"), 2, launcher="own"),
        ),
        {"full": {"lines": 20_000}, "quick": {"lines": 3_000}, "smoke": {"lines": 50}},
        against="parallel",
    )


def whole_processes():
    for ranks in (2, 3):
        yield Row(
            f"memory-{ranks}",
            f"rank 0's peak memory, 10⁷ Int out and back at root, {ranks} ranks",
            "payloads",
            2.5,
            (ours("memory", "--items", "{items}", ranks=ranks),),
            {"full": {"items": 10_000_000}, "quick": {"items": 10_000_000}, "smoke": {"items": 1_000_000}},
            more_is_better=False,
            goal_is_minimum=False,
            family="memory",
        )
    yield Row(
        "kept",
        "10⁶ items of 10 µs: time with a checkpoint ÷ without, 2 ranks",
        "times",
        1.5,
        (ours("kept", "--items", "{items}", "--maps", "{maps}", ranks=2),),
        {
            "full": {"items": 1_000_000, "maps": 3},
            "quick": {"items": 1_000_000, "maps": 1},
            "smoke": {"items": 20_000, "maps": 1},
        },
        more_is_better=False,
        goal_is_minimum=False,
        family="kept",
    )
    yield Row(
        "random",
        "random numbers of an item: speed ÷ SplitMix64's, one rank",
        "times",
        0.5,
        (ours("random", "--items", "{items}", "--rounds", "{rounds}"),),
        {
            "full": {"items": 1_000, "rounds": 15},
            "quick": {"items": 1_000, "rounds": 5},
            "smoke": {"items": 10, "rounds": 1},
        },
        family="random",
    )
    yield Row(
        "start-up",
        "hello world from 2 ranks, from mpirun's start to its end",
        "ms",
        1.1,
        (
            Entrant("Seppo", ("{hello}",), 2),
            c_peer("hello", ranks=2),
            mpi4py("hello.py", ranks=2),
        ),
        SAME,
        more_is_better=False,
        against="C",
        goal_is_minimum=False,
        measure="wall",
        least_rounds=15,
        limit=30,
        family="start-up",
    )


def without_mpi():
    yield Row(
        "structs",
        "structs through the wire format, encoded and decoded",
        "ns",
        12,
        (core("structs", "ours_ns"), core("structs", "json_ns", "JSONEncoder")),
        SAME,
        more_is_better=False,
        against="JSONEncoder",
        ratio="peer/ours",
        family="structs",
    )
    for name, work, unit, goal in (
        ("ns_10", "scheduler: one assignment, 10 ranks", "ns", 1_000),
        ("ns_100000", "scheduler: one assignment, 100,000 ranks", "ns", 1_000),
        ("bytes_per_rank", "scheduler: memory per rank", "bytes", 200),
    ):
        yield Row(
            f"scheduler-{name.removeprefix('ns_').removesuffix('_per_rank')}",
            work,
            unit,
            goal,
            (core("scheduler", name),),
            SAME,
            more_is_better=False,
            goal_is_minimum=False,
            family="scheduler",
        )


def with_bound_ranks(row):
    """Adds Seppo with each rank bound to a core, as clusters do, where two ranks may be bound or not."""
    first = row.entrants[0]
    if first.launcher != "mpirun" or first.bound != "none" or first.ranks != 2 or row.measure == "wall":
        return row
    bound = dataclasses.replace(first, who="Seppo, bound", bound="core")
    return dataclasses.replace(row, entrants=(*row.entrants, bound))


ROWS = tuple(with_bound_ranks(row) for row in (
    *squares(), *arrays(), *cores(), *calls(), *loops(), *growth(), *verbs(), *streams(), *programs(), *whole_processes(), *without_mpi()
))


def chosen(names):
    """Returns the rows of these names or families (arrays means arrays-2 and arrays-3); without names, all."""
    unknown = [name for name in names if not any(name in (row.name, row.family) for row in ROWS)]
    if unknown:
        families = ", ".join(dict.fromkeys(row.family for row in ROWS))
        raise SystemExit(f"run.sh: there is no row {', '.join(unknown)}; the rows are {families}")
    return [row for row in ROWS if not names or any(name in (row.name, row.family) for name in names)]
