"""Runs the rows: the entrants in turns, round after round, so that other load on the machine affects all equally."""

import dataclasses
import random
import statistics

from . import sample
from .sample import SampleFailed

# The number of ranks of the serial runs, which is the number of cores that the parallel map uses.
SERIAL_RANKS = 2


class Session:
    """The state of a whole run: the mode, the programs, the missing peers, and the calibration."""

    def __init__(self, mode, rounds, python, missing, say):
        self.mode, self.rounds, self.python, self.missing, self.say = mode, rounds, python, missing, say
        self.places = sample.places(python)
        self.step_times, self.help_texts = {}, {}

    def missing_subcommand(self, program, subcommand):
        """Returns why a program without MPI doesn't have this subcommand; None if it has."""
        program = program.format_map(self.places)
        if program not in self.help_texts:
            try:
                self.help_texts[program] = sample.run([program, "--help"], 30)[0]
            except SampleFailed as error:
                self.help_texts[program] = ""
                self.say(f"  {error}")
        known = any(line.split()[:1] == [subcommand] for line in self.help_texts[program].splitlines())
        return None if known else f"missing: {program.rsplit('/', 1)[-1]} {subcommand}"

    def measure(self, row):
        """Returns the row's result, as in latest.json."""
        sizes = dict(row.sizes.get(self.mode, {}))
        if row.name == "tails":
            sizes["sleeps"] = write_sleeps(sizes["per_rank"])
        runners = [
            Runner(self, row, entrant, sizes)
            for entrant in row.entrants
            if self.mode != "smoke" or entrant.who == "Seppo"
        ]
        for runner in runners:
            runner.prepare()
        rounds = max(self.rounds, row.least_rounds) if self.mode == "full" else self.rounds
        for _ in range(rounds):
            outputs = {}
            for runner in runners:
                runner.take_sample(outputs)
        return summary(row, sizes, runners)


class Runner:
    """One entrant in one row: its command, and its samples (None where one failed)."""

    def __init__(self, session, row, entrant, sizes):
        self.session, self.row, self.entrant = session, row, entrant
        self.words = session.places | {name: str(value) for name, value in sizes.items()}
        self.sizes = sizes
        self.samples, self.errors = [], []
        self.chunk = None
        self.sweep = {}
        # A peer that isn't installed is reported once, and not tried.
        self.absent = session.missing.get(entrant.who)
        if entrant.launcher == "none" and not self.absent:
            self.absent = session.missing_subcommand(entrant.command[0], entrant.command[1])

    def prepare(self):
        """Chooses the number of steps per item, and the best chunk size."""
        if self.absent:
            return
        try:
            if self.entrant.speed:
                self.choose_steps()
            self.find_chunk()
        except SampleFailed as error:
            self.errors.append(f"before the rounds: {error}")
            self.absent = str(error)
            return

    def find_chunk(self):
        """Chooses the best chunk size, by the best sample of each."""
        full = self.session.mode == "full"
        best = max if self.row.more_is_better else min
        chunks = self.entrant.chunks if full else self.entrant.quick_chunks
        # In turns, as in the rounds. With one size there is no choice.
        for _ in range(2 if full else 1):
            for chunk in chunks if len(chunks) > 1 else ():
                self.words["chunk"] = str(chunk)
                value = self.one_sample({})
                self.sweep[chunk] = best(value, self.sweep.get(chunk, value))
        if chunks:
            self.chunk = best(self.sweep, key=self.sweep.get) if self.sweep else chunks[0]
            self.words["chunk"] = str(self.chunk)

    def choose_steps(self):
        """Uses the time of one step, measured once for all rows. The time of an item is measured in each round."""
        who = self.entrant.who
        if who not in self.session.step_times:
            self.session.step_times[who] = sample.figure(self.output(self.entrant.speed, 1)[0])
        steps = round(self.sizes["milliseconds"] * 1e6 / self.session.step_times[who])
        self.words["steps"] = str(max(1, steps))
        self.words["alone"] = str(max(1, round(self.sizes["items"] / SERIAL_RANKS)))

    def take_sample(self, outputs):
        if self.absent:
            return
        try:
            self.samples.append(self.one_sample(outputs))
        except SampleFailed as error:
            self.samples.append(None)
            self.errors.append(str(error))
            self.session.say(f"  {self.entrant.who}: {error}")

    def one_sample(self, outputs):
        """Returns one figure. A program with several figures runs once per round: `outputs` keeps its output."""
        command = tuple(self.fill(self.entrant.command))
        if self.row.measure == "cores":
            serial = sample.figures(self.output(self.entrant.serial, SERIAL_RANKS)[0])
            if len(serial) != SERIAL_RANKS:
                raise SampleFailed(f"{len(serial)} serial times of {SERIAL_RANKS}")
            item = statistics.mean(line["value"] for line in serial)
            elapsed = sample.figure(self.output(self.entrant.command, self.entrant.ranks)[0])
            return self.sizes["items"] * item / elapsed
        run = (command, self.entrant.ranks, self.entrant.bound)
        if run not in outputs:
            outputs[run] = self.output(self.entrant.command, self.entrant.ranks)
        text, seconds = outputs[run]
        if self.row.measure == "wall":
            if "hello world" not in text:
                raise SampleFailed("the output has no greeting")
            return seconds * 1e3
        return sample.figure(text, self.entrant.key)

    def fill(self, command):
        return [word.format_map(self.words) for word in command]

    def output(self, command, ranks):
        entrant = self.entrant
        argv = sample.launched(self.fill(command), ranks, entrant.launcher, self.session.python, entrant.bound)
        return sample.run(argv, self.row.limit)

    def record(self):
        entrant = dataclasses.asdict(self.entrant)
        kept = {name: entrant[name] for name in ("who", "label", "ranks", "launcher", "bound")}
        return kept | {
            "command": self.shown_command(),
            "chunk": self.chunk,
            "sweep": self.sweep,
            "samples": self.samples,
            "errors": self.errors,
            "absent": self.absent,
            "median": median(self.samples),
        }

    def shown_command(self):
        """Returns the command without this machine's folders; names without a value stay as {name}."""
        words = {name: name if name in self.session.places else value for name, value in self.words.items()}
        return " ".join(self.entrant.command).format_map(Unfilled(words))


class Unfilled(dict):
    def __missing__(self, name):
        return "{" + name + "}"


def write_sleeps(per_rank, items=4_000, ranks=16, seed=3):
    """Writes the sleep of each item in microseconds, Pareto-distributed with α = 1.5, from a seed, the same for all.

    Truncated so that the longest item takes at most a fifth of the load of a rank. The bound is then the mean load, and
    assigning each item to the first free rank, without knowing its length, reaches 0.963 of it. (With longer items, no
    scheduler that doesn't know them gets near it, because of a long item that starts late.)
    """
    generator = random.Random(seed)
    lengths = [generator.paretovariate(1.5) for _ in range(items)]
    total = per_rank * ranks
    # Truncation lowers the total, so the longest item may exceed a fifth again: repeat until it doesn't.
    while max(lengths) * ranks > 0.2 * sum(lengths) * 1.0001:
        longest = 0.2 * sum(lengths) / ranks
        lengths = [min(length, longest) for length in lengths]
    scale = total * 1e6 / sum(lengths)
    file = sample.BUILT / f"sleeps-{per_rank:g}.txt"
    file.parent.mkdir(exist_ok=True)
    file.write_text("".join(f"{round(length * scale)}\n" for length in lengths), encoding="ascii")
    # Relative to the checkout, in which the programs run, so that latest.json has no folder of this machine.
    return str(file.relative_to(sample.CHECKOUT))


def median(samples):
    good = [value for value in samples if value is not None]
    return statistics.median(good) if good else None


def summary(row, sizes, runners):
    """Returns the row's figures and whether its goal is reached."""
    records = [runner.record() for runner in runners]
    ours = records[0]
    judged = ours["samples"]
    if row.against:
        # The first of the peer's variants counts.
        peer = next((record for record in records if record["who"] == row.against), None)
        judged = ratios(row, judged, peer["samples"] if peer else [])
    good = [value for value in judged if value is not None]
    value = statistics.median(good) if good else None
    reached = None
    if value is not None:
        reached = value >= row.goal if row.goal_is_minimum else value <= row.goal
    kept = ("name", "work", "unit", "goal", "goal_is_minimum", "more_is_better", "against", "ratio", "measure")
    return {name: getattr(row, name) for name in kept} | {
        "sizes": sizes,
        "entrants": records,
        "judged": judged,
        "value": value,
        "spread": [min(good), max(good)] if good else None,
        "reached": reached,
        "failed": not ours["absent"] and (None in ours["samples"] or not ours["samples"]) or bool(ours["errors"]),
    }


def ratios(row, ours, theirs):
    """Returns the ratio in each round, as other load in a round affects both sides."""
    pairs = zip(ours, theirs)
    if row.ratio == "ours/peer":
        return [None if None in pair else pair[0] / pair[1] for pair in pairs]
    return [None if None in pair else pair[1] / pair[0] for pair in pairs]
