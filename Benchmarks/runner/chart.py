"""Draws the chart: each row's figures as multiples of its goal, on a log scale; further right is better for all rows."""

COLORS = {
    "Seppo": "#0b5fa5",
    "Seppo, bound": "#6fa8dc",
    "C": "#555555",
    "mpi4py": "#d07a00",
    "charm4py": "#7a4fa3",
    "JSONEncoder": "#2e8b57",
    "parallel": "#a23b4a",
}
EDGE = 100
MARKERS = {"Seppo": "o", "Seppo, bound": "o", "C": "s", "mpi4py": "^", "charm4py": "D", "JSONEncoder": "v", "parallel": "P"}


def times_goal(row, value):
    """Returns a figure as a multiple of the goal: more than 1 is better, whether more or less is better in the row."""
    if value is None:
        return None
    if row["goal_is_minimum"]:
        return value / row["goal"] if value > 0 else None
    # A cost of zero, or less than can be measured, is not on a log scale: it is drawn at the edge.
    return row["goal"] / value if value > row["goal"] / EDGE else EDGE


def against_peer(row, value):
    """Returns the quantity that the goal is about: the figure, or its ratio to the peer."""
    if not row["against"] or value is None:
        return value
    base = next((e["median"] for e in row["entrants"] if e["who"] == row["against"]), None)
    if not base:
        return None
    return value / base if row["ratio"] == "ours/peer" else base / value


def points(row):
    """Yields (who, place): Seppo by the median over the rounds, the peers by their medians."""
    for entrant in row["entrants"]:
        if entrant["who"] == "Seppo":
            continue
        place = times_goal(row, against_peer(row, entrant["median"]))
        if place is not None:
            yield entrant["who"], place
    ours = times_goal(row, row["value"])
    if ours is not None:
        yield "Seppo", ours


def draw(results, file):
    import matplotlib

    matplotlib.use("svg")
    from matplotlib import pyplot
    from matplotlib.ticker import FuncFormatter

    rows = [row for row in results["rows"] if any(True for _ in points(row))]
    if not rows:
        raise ValueError("no row has a figure to draw")
    # The same results give the same bytes, so that the file changes only with the figures.
    pyplot.rcParams["svg.hashsalt"] = "seppo"
    figure, axes = pyplot.subplots(figsize=(11, 1.7 + 0.36 * len(rows)))
    named = set()
    for height, row in enumerate(rows):
        if row["spread"]:
            ends = [times_goal(row, value) for value in row["spread"]]
            if None not in ends:
                axes.plot(ends, [height, height], color=COLORS["Seppo"], linewidth=3, alpha=0.35, zorder=2)
        for who, place in points(row):
            axes.plot(
                [place], [height], MARKERS[who], color=COLORS[who], markersize=9 if who == "Seppo" else 7,
                zorder=4 if who == "Seppo" else 3, label=None if who in named else who, linestyle="none")
            named.add(who)
    axes.axvline(1, color="#b00020", linewidth=1.2, zorder=1)
    axes.set_xscale("log")
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:.10f}".rstrip("0").rstrip(".") + " ×"))
    axes.set_yticks(range(len(rows)), [row["work"] for row in rows], fontsize=9)
    axes.set_ylim(len(rows) - 0.5, -0.5)
    axes.grid(axis="x", color="#dddddd", linewidth=0.8)
    axes.set_axisbelow(True)
    axes.set_xlabel("multiple of the goal: reached from the line on, further right is better (bars: spread)")
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    machine = results["machine"]
    axes.set_title(
        f"Seppo and its peers, {results['date'][:10]}, {machine['processor']}, {machine['cores']} cores",
        fontsize=10, loc="left", pad=28)
    axes.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=len(named), frameon=False, fontsize=9)
    figure.tight_layout()
    figure.savefig(file, metadata={"Date": None}, bbox_inches="tight")
    # For a PNG, which is not committed.
    return figure
