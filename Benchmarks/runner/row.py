"""Defines a row of the table."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Entrant:
    """A competitor in a row: its column, and the command that prints its figure."""

    who: str
    # The program and its arguments; {names} are the row's sizes, {chunk} is the best chunk size.
    command: tuple[str, ...]
    ranks: int = 1
    # The name of these settings, if a column has several.
    label: str = ""
    # Chunk sizes to try before the rounds, by the best of two samples each; in quick mode, by one sample.
    chunks: tuple[int, ...] = ()
    quick_chunks: tuple[int, ...] = ()
    # The key of the figure in the program's line of JSON.
    key: str = "value"
    # none: a program without MPI. own: the command starts the ranks itself.
    launcher: str = "mpirun"
    # What mpirun binds each rank to.
    bound: str = "none"
    # For cores of work: the command for the time of one step, and the one for the serial time of an item.
    speed: tuple[str, ...] = ()
    serial: tuple[str, ...] = ()


@dataclass(frozen=True)
class Row:
    """A row of the table. The first of its entrants is Seppo."""

    name: str
    work: str
    unit: str
    goal: float
    entrants: tuple[Entrant, ...]
    # Sizes by mode: full, quick, smoke.
    sizes: dict[str, dict[str, float]]
    more_is_better: bool = True
    # The column to which the goal is a ratio; if empty, the goal is a figure.
    against: str = ""
    # "ours/peer", or "peer/ours" if less is better and the goal is a factor.
    ratio: str = "ours/peer"
    goal_is_minimum: bool = True
    # figure: from the program's line. wall: the time of mpirun. cores: serial time over time taken.
    measure: str = "figure"
    # The minimum number of rounds in a full run.
    least_rounds: int = 0
    # The time limit of a sample, in seconds.
    limit: float = 120
    # Whether --smoke checks this row; one of several that run the same program is enough.
    in_smoke: bool = True
    # The name for --rows that similar rows share.
    family: str = ""
