"""What a row of the table is made of."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Entrant:
    """One who takes part in a row: the column it stands in, and the command that gives its figure."""

    who: str
    # The program and its arguments; {names} are the row's sizes, {chunk} the chunk that a sweep found.
    command: tuple[str, ...]
    ranks: int = 1
    # What is special about these settings, where a column has several.
    label: str = ""
    # Tried before the rounds, the best of two samples each; the best is measured. Quickly: these, once.
    chunks: tuple[int, ...] = ()
    quick_chunks: tuple[int, ...] = ()
    # Which number of the program's line of JSON is the figure.
    key: str = "value"
    launcher: str = "mpirun"
    # For cores of work: what gives the time of one step, and what gives the serial time of an item.
    speed: tuple[str, ...] = ()
    serial: tuple[str, ...] = ()


@dataclass(frozen=True)
class Row:
    """A line of the table. Of its entrants the first is ours."""

    name: str
    work: str
    unit: str
    goal: float
    entrants: tuple[Entrant, ...]
    # Sizes by mode: full, quick, smoke.
    sizes: dict[str, dict[str, float]]
    more_is_better: bool = True
    # The column that the goal is a ratio to; without it, the goal is a figure.
    against: str = ""
    # "ours/peer", or "peer/ours" where less is better and the goal is how many times.
    ratio: str = "ours/peer"
    goal_is_minimum: bool = True
    # figure: the program's line says it. wall: how long mpirun takes. cores: serial time over time taken.
    measure: str = "figure"
    # In a full run.
    least_rounds: int = 0
    # Seconds after which a sample has failed.
    limit: float = 120
    # What --rows calls it together with its like.
    family: str = ""
