"""Measures Seppo and its peers, and prints one Markdown table. Started by run.sh, which builds what it needs."""

import argparse
import datetime
import json
import shutil
import sys
import time
from pathlib import Path

from runner import chart, machine, measure, peers, report, sample
from runner.rows import chosen

RESULTS = sample.BENCHMARKS / "results"
DOCS = sample.CHECKOUT / "docs"
# The rows of a run that has not ended; --resume continues it.
UNFINISHED = sample.BUILT / "unfinished.json"
ROUNDS = {"full": 7, "quick": 3, "smoke": 1}


def say(text):
    print(text, file=sys.stderr, flush=True)


def run_rows(rows, mode, rounds):
    missing = {} if mode == "smoke" else peers.missing(sys.executable)
    for who, why in missing.items():
        say(f"{who}: {why}")
    session = measure.Session(mode, rounds, sys.executable, missing, say)
    for number, row in enumerate(rows, 1):
        say(f"[{number}/{len(rows)}] {row.name}: {row.work}")
        start = time.monotonic()
        yield session.measure(row) | {"took_seconds": round(time.monotonic() - start, 1)}
        say(f"  {time.monotonic() - start:.0f} s")


def measured(options):
    names = [name for name in (options.rows or "").split(",") if name]
    rows = [row for row in chosen(names) if row.in_smoke or options.mode != "smoke"]
    rounds = options.rounds or ROUNDS[options.mode]
    results = {
        "date": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d %H:%M UTC"),
        "mode": options.mode,
        "chosen": names,
        "rounds": rounds,
        "machine": machine.machine(),
        "versions": machine.versions(),
        "load_before": machine.load(),
    }
    results = resumed(results) if options.resume else results | {"rows": []}
    known = {row["name"] for row in results["rows"]}
    for row in run_rows([row for row in rows if row.name not in known], options.mode, rounds):
        results["rows"].append(row)
        if options.mode == "full":
            UNFINISHED.write_text(json.dumps(results, ensure_ascii=False), encoding="utf-8")
    order = [row.name for row in rows]
    results["rows"].sort(key=lambda row: order.index(row["name"]))
    UNFINISHED.unlink(missing_ok=True)
    return results


def resumed(results):
    """Returns the results of the run that has not ended, with the conditions of this part added."""
    try:
        before = json.loads(UNFINISHED.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise SystemExit("run.sh: there is no run to resume: run it without --resume") from None
    for name in ("mode", "chosen", "rounds", "machine"):
        if before[name] != results[name]:
            raise SystemExit(f"run.sh: the run that has not ended had another {name}: {before[name]}")
    part = {"date": results["date"], "seppo": results["versions"]["Seppo"], "load_before": results["load_before"]}
    return before | {"parts": [*before.get("parts", []), part]}


def write(results):
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "latest.json").write_text(json.dumps(results, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    (RESULTS / "latest.md").write_text(report.markdown(results), encoding="utf-8")
    try:
        # The chart is an SVG; the PNG is a copy for viewing.
        chart.draw(results, RESULTS / "latest.svg").savefig(sample.BUILT / "latest.png", dpi=110)
    except ImportError as error:
        say(f"no chart: {error}")


def update_docs():
    """Copies the latest results into docs/Benchmarks.md, if they are those of a full run of all rows."""
    try:
        results = json.loads((RESULTS / "latest.json").read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise SystemExit("run.sh: there are no results yet: run it without --docs first") from None
    if results["mode"] != "full" or results["chosen"]:
        raise SystemExit("run.sh: the latest results are not from a full run: run it without options first")
    page = DOCS / "Benchmarks.md"
    picture = "![Each row's figures as multiples of its goal](benchmarks.svg)"
    text = f"{report.markdown(results)}\n{picture}\n"
    page.write_text(report.between_markers(page.read_text(encoding="utf-8"), text), encoding="utf-8")
    shutil.copyfile(RESULTS / "latest.svg", DOCS / "benchmarks.svg")


def judge_smoke(results):
    """Checks that each of Seppo's rows yielded a figure, whose value is meaningless at these sizes."""
    for row in results["rows"]:
        ours = row["entrants"][0]
        if ours["median"] is not None:
            print(f"ok   {row['name']}: {report.with_unit(ours['median'], row['unit'])}")
        elif ours["absent"]:
            print(f"none {row['name']}: {ours['absent']}")
        else:
            print(f"FAIL {row['name']}: {'; '.join(ours['errors'])}")


def main():
    parser = argparse.ArgumentParser(prog="run.sh")
    parser.add_argument("--mode", choices=ROUNDS, default="full")
    parser.add_argument("--rows")
    parser.add_argument("--rounds", type=int)
    parser.add_argument("--resume", action="store_true")
    parser.add_argument("--docs", action="store_true")
    options = parser.parse_args()
    if options.docs:
        update_docs()
        return
    results = measured(options)
    if options.mode == "smoke":
        judge_smoke(results)
    else:
        write(results)
        print(report.markdown(results), end="")
    failed = [row["name"] for row in results["rows"] if row["failed"]]
    if failed:
        raise SystemExit(f"run.sh: Seppo's programs failed in {', '.join(failed)}")


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parent))
    main()
