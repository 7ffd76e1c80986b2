"""Makes the Markdown table from the content of latest.json."""

import math

PEERS = ("Seppo, bound", "C", "mpi4py", "charm4py", "JSONEncoder", "parallel")


def number(value):
    """Formats with three significant digits, and k or M for large numbers."""
    if value == 0:
        return "0"
    for limit, letter in ((1e6, "M"), (1e5, "k")):
        if abs(value) >= limit * 0.9995:
            divisor = 1e6 if letter == "M" else 1e3
            return digits(value / divisor) + " " + letter
    return digits(value)


def digits(value):
    size = abs(value)
    if size >= 99.95:
        return f"{value:,.0f}"
    # No figure is so small that it needs more than four decimals.
    places = min(4, 2 - math.floor(math.log10(size))) if size > 0 else 2
    return f"{value:.{places}f}"


def with_unit(value, unit):
    text = number(value)
    if unit == "of 1":
        return text
    # 45.1 M items/s, because Mitems is not a unit.
    return f"{text} {unit}"


def cell(row, who):
    """Returns the content of a cell: a figure for each variant, or the reason why there is none."""
    parts = []
    for entrant in row["entrants"]:
        if entrant["who"] != who:
            continue
        label = entrant["label"]
        if entrant["chunk"]:
            label = f"chunk {entrant['chunk']}"
        if entrant["median"] is not None:
            text = with_unit(entrant["median"], row["unit"])
            failed = entrant["samples"].count(None)
            if failed:
                text += f" ({failed} of {len(entrant['samples'])} failed: {short(entrant['errors'][-1])})"
        elif entrant["absent"]:
            text = short(entrant["absent"])
        else:
            text = f"failed: {short(entrant['errors'][-1])}" if entrant["errors"] else "not run"
        parts.append(f"{text} ({label})" if label else text)
    return "<br>".join(dict.fromkeys(parts)) or "—"


def short(reason):
    """Truncates the reason to the width of a cell; latest.json has all of it."""
    return reason if len(reason) <= 90 else reason[:89] + "…"


def goal(row):
    sign = "≥" if row["goal_is_minimum"] else "≤"
    if not row["against"]:
        return f"{sign} {with_unit(row['goal'], row['unit'])}"
    return f"{sign} {row['goal']:g} ×" + (f" {row['against']}" if row["ratio"] == "ours/peer" else "")


def ratio(row):
    if not row["against"] or row["value"] is None:
        return "—"
    return f"{digits(row['value'])} ×"


def spread(row):
    if row["spread"] is None:
        return "—"
    low, high = row["spread"]
    if row["against"]:
        return f"{digits(low)}–{digits(high)} ×"
    # A dash beside a minus is hard to read.
    return f"{number(low)}–{number(high)}" if low >= 0 else f"{number(low)} to {number(high)}"


def table(results):
    rows = results["rows"]
    peers = [peer for peer in PEERS if any(e["who"] == peer for row in rows for e in row["entrants"])]
    head = ["work", "Seppo", *peers, "ratio", "goal", "reached", "spread"]
    lines = ["| " + " | ".join(head) + " |", "| --- | " + " | ".join(["---:"] * (len(head) - 1)) + " |"]
    for row in rows:
        reached = {True: "yes", False: "**no**", None: "—"}[row["reached"]]
        cells = [row["work"], cell(row, "Seppo"), *(cell(row, peer) for peer in peers)]
        cells += [ratio(row), goal(row), reached, spread(row)]
        lines.append("| " + " | ".join(text.replace("|", "\\|").replace("\n", " ") for text in cells) + " |")
    return "\n".join(lines)


def conditions(results):
    """Returns a paragraph with the machine, the versions and the rounds."""
    machine, versions = results["machine"], results["versions"]
    with_versions = ", ".join(f"{name} {text}" for name, text in versions.items() if text and name != "C compiler")
    quick = {"full": "", "quick": " (quick: smaller sizes)", "smoke": " (smoke: tiny sizes, meaningless figures)"}
    chosen = f"; only the rows {', '.join(results['chosen'])}" if results["chosen"] else ""
    parts = "".join(
        f" Continued on {part['date']}, Seppo {part['seppo']}, load before {part['load_before']}."
        for part in results.get("parts", [])
    )
    return (
        f"Measured on {results['date']}: {machine['processor']}, {machine['cores']} cores, "
        f"{machine['memory_gib']} GiB, {machine['system']}, kernel {machine['kernel']}. "
        f"{with_versions}; {versions['C compiler']}. "
        f"Rounds: {results['rounds']}{quick[results['mode']]}{chosen}. "
        f"Load of the machine before: {results['load_before']}.{parts}"
    )


def markdown(results):
    return f"{conditions(results)}\n\n{table(results)}\n"


def between_markers(text, table_text):
    """Returns the page with the table inserted between its markers."""
    start, end = "<!-- table -->", "<!-- /table -->"
    if text.count(start) != 1 or text.count(end) != 1 or text.index(start) > text.index(end):
        raise SystemExit(f"run.sh: docs/Benchmarks.md must contain {start} once, followed by {end} once")
    before, _, rest = text.partition(start)
    _, _, after = rest.partition(end)
    return f"{before}{start}\n{table_text}{end}{after}"
