#!/usr/bin/env python3
"""Tests the timeline of a job in a headless Chromium, and its trace events.

usage: Tests/timeline-page.py [--keep FOLDER] [--breaks] [CHECK...]

Needs Chromium, a font, mpirun, and a debug build of Observed. --keep writes the pages there. --breaks breaks the page in many
ways, and fails if a check doesn't see it. Without Chromium the test is skipped, or fails if CI=true.
"""
import json
import os
import pathlib
import random
import re
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import chromium

ROOT = pathlib.Path(__file__).resolve().parent.parent
PAGE = ROOT / "Sources/SeppoTelemetry/Timeline/Page"
OBSERVED = pathlib.Path(os.environ.get("SWIFTPM_BUILD_DIR", ROOT / ".build")) / "debug/Observed"
ITEMS, TIME = 40, 20_000
# Names of the fields of a record of work.
CALL, RANK, THREAD, BEGAN, ENDED, BUSY, ENCODING, FIRST, END, COUNT, FAILURES, CHUNKS = range(12)
HOSTILE = "</script><script>throw 1</script><b id=evil>\"quoted\" 'so' \\ 😀 & &amp; <!--\nsecond line"
NO_END = "has not written an end"


def template():
    """Returns what a page consists of before its records, as TimelinePage puts it together."""
    return re.sub(r"@([a-z.]+)@\n", lambda part: (PAGE / part[1]).read_text(), (PAGE / "page.html").read_text())


class Failure(Exception):
    pass


def expect(condition, text):
    if not condition:
        raise Failure(text)


def equal(found, wanted, what):
    expect(found == wanted, f"{what}: {found!r} instead of {wanted!r}")


def observe(folder, name, ranks, *arguments, statuses=(0,), threads=1):
    """Runs Observed, and returns the text of its timeline."""
    path = folder / name
    environment = dict(os.environ, SEPPO_TIMELINE=str(path), SEPPO_PROGRESS="off", SEPPO_THREADS=str(threads),
                       OMPI_ALLOW_RUN_AS_ROOT="1", OMPI_ALLOW_RUN_AS_ROOT_CONFIRM="1")
    job = subprocess.run(
        ["timeout", "--kill-after=5", "60", "mpirun", "--oversubscribe", "--bind-to", "none", "-n", str(ranks), str(OBSERVED),
         *map(str, arguments)], env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if job.returncode not in statuses:
        sys.exit(f"timeline-page.py: Observed {arguments} ended with status {job.returncode}:\n{job.stdout}{job.stderr}")
    return path.read_bytes().decode()


def lines(records):
    """Returns records as the page has them: without "<"."""
    return "".join(json.dumps(record, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c") + "\n"
                   for record in records)


def parsed(text):
    """Returns the records of a page's data, without deaths."""
    return [json.loads(line) for line in text.split("\n") if line.startswith("[")]


def work(records, call=None):
    return [one for one in records if isinstance(one[0], int) and call in (None, one[0])]


def row(records, rank):
    return sorted((one for one in work(records) if one[RANK] == rank), key=lambda one: one[BEGAN])


def header(ranks, **more):
    job = {"program": "Generated", "hosts": [f"node{rank // 32}" for rank in range(ranks)], "began": 1_700_000_000_000, "zero": 0}
    return ["job", dict(job, **more)]


def many_ranks():
    """250,000 records of 4,096 ranks in three calls, the second of which ends with a few slow ranks."""
    draw, ranks = random.Random(1), 4_096
    records, time_ = [header(ranks)], 50_000
    for call, (label, items, mean) in enumerate([("load", 9, 90_000), ("fit", 40, 300_000), ("score", 12, 150_000)], 1):
        records.append(["call", call, time_, "map", "Survey/main.swift:%d" % (10 * call), label])
        ends = []
        for rank in range(ranks):
            at, slow = time_ + draw.randrange(5_000), 1.6 if call == 2 and rank % 512 > 496 else 1
            for item in range(items):
                took = int(mean * slow * draw.uniform(0.7, 1.3))
                first = rank * items + item
                records.append([call, rank, 0, at, at + took, took, took // 8 if call == 3 else 0, first, first + 1, 1, 0, 1])
                at += took + draw.randrange(500)
            ends.append(at)
        summary = {"title": label, "calls": 1, "items": ranks * items, "elapsed": max(ends) - time_,
                   "rows": [["items", f"{ranks * items:,} items, on {ranks:,} ranks"]]}
        time_ = max(ends) + 20_000
        records.append(["called", call, time_, None, summary])
        time_ += 400_000
    records.append(["end", time_, "ended"])
    return records


def many_calls():
    """50,000 calls of a few microseconds on two ranks."""
    records, time_ = [header(2)], 1_000
    for call in range(1, 50_001):
        records.append(["call", call, time_, "map", "Loop/main.swift:7", None])
        for rank in range(2):
            records.append([call, rank, 0, time_ + 4, time_ + 19, 15, 0, 4 * rank, 4 * rank + 4, 4, 0, 1])
        records.append(["called", call, time_ + 30, None, None])
        time_ += 40
    records.append(["place", {"title": "map at Loop/main.swift:7", "calls": 50_000, "items": 400_000, "elapsed": 1_500_000,
                              "rows": [["items", "400,000 items in 50,000 calls, 1.50 s, on 2 ranks"]]}])
    records.append(["end", time_, "ended"])
    return records


class Pages:
    """The pages to test, made by jobs once, and shown by the browser with the head that is tested."""

    def __init__(self, browser, folder):
        self.browser, self.folder, self.head = browser, folder, template()
        self.data = {}
        # Tests of labels and sizes see what the page draws.
        browser.before_scripts("""
            window.drawn = [];
            const write = CanvasRenderingContext2D.prototype.fillText;
            CanvasRenderingContext2D.prototype.fillText = function (text, x, y) {
              window.drawn.push([text, x, y, this.measureText(text).width, this.textAlign]);
              write.call(this, text, x, y);
            };
            addEventListener("DOMContentLoaded", () => {
              const first = draw;
              window.draw = draw = function () { window.drawn = []; first(); };
            });
            """)

    def text(self, name, ranks, *arguments, **more):
        """Returns the data of a job's page."""
        if name not in self.data:
            text = observe(self.folder, name + ".html", ranks, *arguments, **more)
            expect(text.startswith(template()), f"{name}: the page isn't that of {PAGE}: build Observed")
            self.data[name] = text[len(template()):]
        return self.data[name]

    def generated(self, name, make):
        if name not in self.data:
            self.data[name] = lines(make())
        return self.data[name]

    def show(self, data, name="page"):
        """Shows a page with this data; it must load without complaints, and ask for nothing else."""
        path = self.folder / (name + "-shown.html")
        path.write_bytes(self.head.encode() + (data if isinstance(data, bytes) else data.encode()))
        began = time.monotonic()
        self.browser.open(path)
        self.loading = time.monotonic() - began
        equal(self.browser.complaints(), [], f"{name}: complaints of the browser")
        equal(self.browser.requests(), [path.resolve().as_uri()], f"{name}: requests")

    def of(self, selector):
        return self.browser.run(f"document.querySelector({json.dumps(selector)})?.textContent")

    def tables(self):
        """Returns the titles of the tables under Calls, each with its rows."""
        return dict(self.browser.run("""
            [...document.querySelectorAll("#calls details")].map(box => [box.querySelector("summary").textContent,
              Object.fromEntries([...box.querySelectorAll("tr")].map(row => [...row.children].map(cell => cell.textContent)))])
            """))

    def view(self):
        """Returns the part that is shown, and where the canvas is."""
        self.browser.settle()
        return self.browser.run("""
            (box => ({ ...view, left: box.left, top: box.top, width: box.width, height: box.height, margin: left }))(
              document.querySelector("canvas").getBoundingClientRect())
            """)

    def place(self, time_, row_):
        """Returns the point of a time in a row."""
        v = self.view()
        x = v["left"] + v["margin"] + (time_ - v["x0"]) / (v["x1"] - v["x0"]) * (v["width"] - v["margin"])
        return x, v["top"] + 34 + (row_ + 0.5 - v["y0"]) / (v["y1"] - v["y0"]) * (v["height"] - 34 - 24)

    def tip(self, x, y):
        self.browser.mouse("moved", x, y)
        return self.browser.run("getComputedStyle($('tip')).display === 'none' ? '' : $('tip').textContent")

    def colour(self, x, y):
        """Returns the colour of a point of the canvas, in the window."""
        return tuple(self.browser.run(f"""
            (() => {{
              const plot = $("plot"), box = plot.getBoundingClientRect(), ratio = plot.width / box.width;
              return [...plot.getContext("2d").getImageData(({x} - box.left) * ratio, ({y} - box.top) * ratio, 1, 1).data];
            }})()""")[:3])


def milliseconds(us):
    return f"{us / 1000:.{2 if us < 10_000 else 1}f} ms"


# MARK: Checks

def check_numbers(pages):
    """The text has the right numbers, on 2 and on 4 ranks."""
    for ranks in (2, 4):
        data = pages.text(f"all-{ranks}", ranks, "all", ITEMS, TIME)
        records = parsed(data)
        pages.show(data, f"all-{ranks}")
        facts = pages.of("#facts").split(" · ")
        host = records[0][1]["hosts"][0]
        equal(facts[1:3], [f"{ranks} ranks on {host}", "6 calls"], "facts")
        equal(facts[4], "ended", "facts")
        equal(pages.of("#note"), "", "note")
        tables = pages.tables()
        wanted = {"fits": ITEMS, "tail": ITEMS, "stream": ITEMS // 2, "pool": ITEMS, "sum": ITEMS}
        for record in (one for one in records if one[0] == "call"):
            number, label = record[1], record[5]
            title = next((title for title in tables if f"{label}, " in title), None)
            expect(title, f"{label}: not in {list(tables)}")
            items = sum(one[COUNT] for one in work(records, number))
            if label in wanted:
                equal(items, wanted[label], f"{label}: items of the records")
            else:
                equal(items - sum(one[FAILURES] for one in work(records, number)), ITEMS - ITEMS // 10, "items that succeeded")
            found = tables[title]["items"].split(" ")[0]
            retried = 0
            if label == "unlucky":
                retried = int(tables[title]["failures"].split(", ")[1].split(" ")[0])
            equal(found, str(items - retried), f"{label}: items on the page")
            covered = sorted(index for one in work(records, number) for index in range(one[FIRST], one[END]))
            equal(sorted(set(covered)), list(range(wanted.get(label, ITEMS))), f"{label}: items of the records")
            if retried:
                failures = sum(one[FAILURES] for one in work(records, number))
                equal(tables[title]["failures"].split(",")[0], f"{ITEMS // 10} items failed", "failures")
                equal(retried + ITEMS // 10, failures, "failed attempts")
                events = pages.browser.run("[...document.querySelectorAll('#marks li')].map(line => line.textContent)")
                equal(sum(": failed: item " in event for event in events), ITEMS // 10, "events of items that failed")
                marks = [one for one in records if one[0] == "mark" and one[1] == "retried"]
                equal(sum(": retried: item " in event for event in events), len(marks), "events of items that were retried")


def check_hover(pages):
    """Hovering shows a batch, a call, a mark, or that a rank waits."""
    data = pages.text("all-4", 4, "all", ITEMS, TIME)
    records = parsed(data)
    pages.show(data)
    host = records[0][1]["hosts"][0]
    for rank in range(4):
        batch = max(row(records, rank), key=lambda one: (one[CALL] == 2, -one[BEGAN]))
        text = pages.tip(*pages.place((batch[BEGAN] + batch[ENDED]) / 2, rank))
        equal(text.split("\n")[0], f"rank {rank} on {host}", "the tip's rank")
        items = f"item {batch[FIRST]}" if batch[COUNT] == 1 else f"items {batch[FIRST]} to {batch[END] - 1}"
        equal(text.split("\n")[1], items, "the tip's items")
        expect(text.split("\n")[2].startswith(milliseconds(batch[ENDED] - batch[BEGAN]) + ", from "), f"the tip's time: {text}")
        equal(text.split("\n")[-1].split(" at ")[0], "call 2: tail, mapParallel", "the tip's call")
    call = next(one for one in records if one[0] == "call" and one[1] == 2)
    x, _ = pages.place(call[2] + 20_000, 0)
    expect(pages.tip(x, pages.view()["top"] + 17).startswith("call 2: tail, mapParallel at Observed"), "the tip of a call")
    failed = next(one for one in records if one[0] == "mark" and one[1] == "failed")
    expect("failed: item " in pages.tip(*pages.place(failed[3], failed[4])), "the tip of a mark")
    last = max(row(records, rank)[-1][ENDED] for rank in range(4))
    longest = next(one for one in work(records, 2) if one[FIRST] == ITEMS - 1)
    waiting = next(rank for rank in range(4) if rank != longest[RANK])
    middle = (longest[BEGAN] + longest[ENDED]) / 2
    expect("waiting in call 2" in pages.tip(*pages.place(middle, waiting)), "the tip of a rank that waits")
    expect(last < pages.view()["x1"], "the last batch isn't shown")
    equal(pages.colour(*pages.place(middle, longest[RANK])), (53, 112, 184), "the colour of computing")
    equal(pages.colour(*pages.place(middle, waiting)), (227, 229, 233), "the colour of waiting")


    pages.show(lines([header(1), ["call", 1, 0, "map", "a.swift:1", None], [1, 0, 0, 100, 600, 400, 200, 1000, 1030, 12, 2, 3],
                      ["called", 1, 1000, None, None], ["end", 1000, "ended"]]))
    equal(pages.tip(*pages.place(350, 0)),
          "rank 0 on node0\nitems 1,000 to 1,029: 12 items in 3 batches\n500 µs, computing 400 µs, from 100 µs\n"
          "encoding results: 200 µs\n2 items failed\ncall 1: map at a.swift:1", "the tip of several batches")


def check_threads(pages):
    """Each compute thread has a row."""
    data = pages.text("threads", 2, "map", ITEMS, TIME, threads=3)
    records = parsed(data)
    pages.show(data)
    equal(labels(pages, "threads"), [f"{rank}.{thread}" for rank in range(2) for thread in range(3)], "the labels of the rows")
    equal(sorted(index for one in work(records) for index in range(one[FIRST], one[END])), list(range(ITEMS)), "the items")
    for one in work(records):
        text = pages.tip(*pages.place((one[BEGAN] + one[ENDED]) / 2, 3 * one[RANK] + one[THREAD]))
        expect(text.startswith(f"rank {one[RANK]}, thread {one[THREAD]} on "), f"the tip's thread: {text}")
        expect(f"\nitem {one[FIRST]}\n" in text or f"\nitems {one[FIRST]} to " in text, f"the tip's items: {text}")


def check_zoom(pages):
    """The wheel zooms around the pointer, a drag moves, a double click and Home show everything."""
    data = pages.text("all-4", 4, "all", ITEMS, TIME)
    pages.show(data)
    browser, whole = pages.browser, pages.view()
    x, y = whole["left"] + 500, whole["top"] + 80

    def time_at(v):
        return v["x0"] + (x - v["left"] - v["margin"]) / (v["width"] - v["margin"]) * (v["x1"] - v["x0"])
    browser.mouse("moved", x, y)
    for _ in range(4):
        browser.mouse("wheel", x, y, deltaX=0, deltaY=-200)
    zoomed = pages.view()
    width, pixel = zoomed["x1"] - zoomed["x0"], (zoomed["x1"] - zoomed["x0"]) / (zoomed["width"] - zoomed["margin"])
    expect(width < (whole["x1"] - whole["x0"]) / 5, f"the wheel doesn't zoom: {zoomed}")
    expect(abs(time_at(zoomed) - time_at(whole)) < pixel, "the wheel doesn't keep the time under the pointer")
    browser.mouse("pressed", x, y, button="left", buttons=1, clickCount=1)
    browser.mouse("moved", x - 120, y, button="left", buttons=1)
    browser.mouse("released", x - 120, y, button="left", clickCount=1)
    moved = pages.view()
    expect(abs(moved["x0"] - zoomed["x0"] - 120 * pixel) < pixel, "a drag doesn't move by as much as the pointer")
    expect(abs(moved["x1"] - moved["x0"] - width) < pixel / 100, "a drag zooms")
    browser.mouse("moved", x, y)
    equal(pages.view(), moved, "the view after the drag")
    browser.mouse("wheel", x, y, deltaX=0, deltaY=-300, modifiers=8)
    rows = pages.view()
    expect(rows["y1"] - rows["y0"] < 3, "shift and wheel don't zoom the ranks")
    browser.click(x, y, times=2)
    equal(pages.view(), whole, "the view after a double click")
    browser.mouse("wheel", x, y, deltaX=0, deltaY=-200)
    browser.key("Home")
    equal(pages.view(), whole, "the view after Home")
    browser.mouse("wheel", x, y, deltaX=0, deltaY=900)
    out = pages.view()
    expect(out["x1"] - out["x0"] <= (whole["x1"] - whole["x0"]) * 1.0001, "the wheel zooms out of the job")
    for name, factor in (("in", 1 / 1.6), ("out", 1)):
        box = browser.run(f"(box => [box.x + 4, box.y + 4])($({json.dumps(name)}).getBoundingClientRect())")
        browser.click(*box)
        v = pages.view()
        equal(round((v["x1"] - v["x0"]) / (whole["x1"] - whole["x0"]), 4), round(factor, 4), f"the width after button {name!r}")


def check_keyboard(pages):
    """Keys zoom, move, and choose ranks and batches; #status says what is chosen."""
    data = pages.text("all-4", 4, "all", ITEMS, TIME)
    records = parsed(data)
    pages.show(data)
    browser, whole = pages.browser, pages.view()
    browser.run("$('plot').focus()")

    def width(v):
        return v["x1"] - v["x0"]
    browser.key("+")
    near = pages.view()
    equal(round(width(whole) / width(near), 3), 1.4, "the zoom of +")
    browser.key("ArrowRight")
    right = pages.view()
    equal(round((right["x0"] - near["x0"]) / width(near), 3), 0.125, "the move of the right arrow")
    browser.key("ArrowLeft")
    equal(round(pages.view()["x0"]), round(near["x0"]), "x0 after the left arrow")
    browser.key("-")
    equal(round(width(pages.view())), round(width(whole)), "the width after -")
    rows = [row(records, rank) for rank in range(4)]

    def chosen(rank, index, key):
        browser.key(key)
        one = rows[rank][index]
        items = f"item {one[FIRST]};" if one[COUNT] == 1 else f"items {one[FIRST]} to {one[END] - 1};"
        text = pages.of("#status")
        expect(text.startswith(f"rank {rank} on ") and f": {items} {milliseconds(one[ENDED] - one[BEGAN])}, " in text,
               f"#status after {key}: {text!r} doesn't tell of rank {rank}, {items}")
        v = pages.view()
        expect(v["x0"] <= one[ENDED] and one[BEGAN] <= v["x1"], f"the batch isn't shown after {key}")
    chosen(0, 0, "]")
    chosen(1, 0, "]")
    chosen(1, 1, ">")
    chosen(1, 2, ">")
    chosen(1, 1, "<")
    chosen(2, 0, "]")
    chosen(1, 0, "[")
    for index in range(9):
        browser.key("+")
    chosen(1, 1, ".")
    chosen(1, 2, ".")
    chosen(1, 1, ",")
    browser.key("Home")
    equal(pages.view(), whole, "the view after Home")
    for _ in range(9):
        browser.key("[")
    expect(pages.of("#status").startswith("rank 0 on "), "#status at the first rank")


def check_colours(pages):
    """Dark is dark, and print is light."""
    data = pages.text("all-4", 4, "all", ITEMS, TIME)
    browser = pages.browser
    try:
        browser.media("dark")
        pages.show(data)
        v = pages.view()
        corner = v["left"] + 3, v["top"] + 3
        equal(pages.colour(*corner), (21, 23, 27), "the dark canvas")
        equal(browser.run("getComputedStyle(document.body).backgroundColor"), "rgb(21, 23, 27)", "the dark page")
        browser.media("light")
        browser.settle()
        equal(pages.colour(*corner), (255, 255, 255), "the canvas after a change to light")
        browser.media("dark")
        browser.settle()
        browser.run("""addEventListener("beforeprint", () => {
            const plot = $("plot"), ratio = plot.width / plot.clientWidth;
            window.printed = { pixel: [...plot.getContext("2d").getImageData(3, 3, 1, 1).data].slice(0, 3).join(),
              scale: plot.width / plot.height / (plot.clientWidth / plot.clientHeight) };
          })""")
        document = browser.pdf(landscape=True)
        expect(document.startswith(b"%PDF-") and len(document) > 10_000, "no PDF")
        (pages.folder / "printed.pdf").write_bytes(document)
        equal(browser.run("window.printed.pixel"), "255,255,255", "the canvas in print")
        browser.settle()
        equal(pages.colour(*corner), (21, 23, 27), "the canvas after the print")
        browser.media("dark", "print")
        equal(browser.run("getComputedStyle(document.body).backgroundColor"), "rgb(255, 255, 255)", "the page in print")
        equal(browser.run("style('--computing')"), "#3570b8", "computing in print")
    finally:
        browser.media()


def check_cuts(pages):
    """A page that ends anywhere loads, and says that the job has not written an end."""
    whole = pages.text("failures", 3, "failures", ITEMS, TIME).encode()
    deaths = pages.text("dies", 3, "dies", ITEMS, TIME, statuses=range(1, 256)).encode()
    hostile = hostile_text(pages)[0].encode()
    draw = random.Random(1)
    cuts = [(whole, place) for place in [*range(0, 40), *draw.sample(range(len(whole) - 1), 60), len(whole) - 2]]
    cuts += [(deaths, place) for place in draw.sample(range(deaths.rindex(b'["end"')), 30)]
    cuts += [(hostile, place) for place in range(hostile.index("😀".encode()) - 1, hostile.index("😀".encode()) + 5)]
    for data, place in cuts:
        pages.show(data[:place], f"cut at byte {place}")
        expect(NO_END in pages.of("#note"), f"cut at byte {place}: the page doesn't say that there is no end")
    pages.show(whole)
    equal(pages.of("#note"), "", "the note of a whole page")
    pages.show(b"".join(line for line in whole.splitlines(True) if not line.startswith((b'["place"', b'["end"'))))
    table = pages.tables()
    expect(len(table) == 1 and "unlucky, mapResults at " in next(iter(table)), f"a killed job's short call isn't listed: {table}")


def check_death(pages):
    """A rank's death is marked and listed."""
    data = pages.text("dies", 3, "dies", ITEMS, TIME, statuses=range(1, 256))
    records = parsed(data)
    death = next(line for line in data.split("\n") if line.startswith("died "))
    _, rank, when, host, how = death.split(" ", 4)
    rank, when = int(rank), (int(when) - records[0][1]["zero"]) / 1000
    # Rank 0 may have ended at once, or a while later.
    pages.show(data + lines([["end", when + 1_000_000, "ended"]]))
    events = pages.browser.run("[...document.querySelectorAll('#marks li')].map(line => line.textContent)")
    expect(any(f", rank {rank}: killed (SIGKILL" in event for event in events), f"the death isn't under Events: {events}")
    x, y = pages.place(when, rank)
    equal(pages.tip(x, y), f"rank {rank} on {host}\n{how}", "the tip of the death")
    equal(pages.colour(x, y), (196, 18, 47), "the mark of the death")
    after = pages.place(when + 500_000, rank)
    equal(pages.colour(*after), (141, 145, 154), "the colour after the death")
    text = pages.tip(*after)
    expect(text.endswith("\ndead"), f"the tip after the death: {text!r}")


def labels(pages, what):
    """Checks that no label overlaps another or lacks room; returns those of the rows."""
    browser = pages.browser
    browser.run("draw()")
    v = pages.view()
    drawn = browser.run("window.drawn")
    rows = sorted((one for one in drawn if one[4] == "right"), key=lambda one: one[2])
    expect(rows, f"{what}: no row has a label")
    for above, below in zip(rows, rows[1:]):
        expect(below[2] - above[2] >= 12, f"{what}: {above[0]!r} overlaps {below[0]!r}")
    for text, x, _, width, _ in rows:
        expect(x - width >= 0, f"{what}: no room for {text!r}")
    times = [one for one in drawn if one[4] == "center"]
    for before, after in zip(times, times[1:]):
        expect(before[1] + before[3] / 2 < after[1] - after[3] / 2, f"{what}: {before[0]!r} overlaps {after[0]!r}")
        expect(before[0] != after[0], f"{what}: two times are both {after[0]!r}")
    for text, x, _, width, _ in times:
        expect(x + width / 2 <= v["width"], f"{what}: no room for {text!r}")
    return [one[0] for one in rows]


def redraw(pages, what):
    took = pages.browser.run("(() => { const from = performance.now(); draw(); return performance.now() - from; })()")
    print(f"   {what}: loaded in {pages.loading:.1f} s, a redraw takes {took:.0f} ms")


def check_ranks(pages):
    """4,096 ranks and 250,000 records are readable."""
    pages.show(pages.generated("ranks", many_ranks), "4096 ranks")
    browser = pages.browser
    redraw(pages, "4,096 ranks, 250,000 records")
    facts = pages.of("#facts")
    expect("4,096 ranks on 128 hosts · 3 calls" in facts, facts)
    labels(pages, "all ranks")
    v = pages.view()
    equal(v["y1"], 4096, "the rows")
    x, y = v["left"] + 500, v["top"] + 34 + (v["height"] - 58) * 0.5
    browser.mouse("moved", x, y)
    for _ in range(12):
        browser.mouse("wheel", x, y, deltaX=0, deltaY=-240, modifiers=8)
    near = labels(pages, "some ranks")
    redraw(pages, "a few of these ranks")
    shown = pages.view()
    expect(shown["y1"] - shown["y0"] < 6, f"the ranks that are shown: {shown}")
    expect(any(f"rank {number}" in near for number in range(2044, 2052)), f"the labels after a zoom into the middle: {near}")
    expect(pages.tip(x, y).startswith("rank 204"), "the tip after a zoom into the middle")
    browser.run("$('plot').focus()")
    for key in "+" * 24:
        browser.key(key)
    labels(pages, "a short time")
    browser.key("Home")
    equal(pages.view(), v, "the view after Home")


def check_axis(pages):
    """The times of a job of days can be told apart at any zoom."""
    day = 86_400_000_000
    records = [header(2), ["call", 1, 0, "map", "a.swift:1", None]]
    records += [[1, rank, 0, start, start + day // 2, day // 2, 0, 0, 1, 1, 0, 1] for rank in (0, 1) for start in (0, day)]
    pages.show(lines(records + [["called", 1, 2 * day, None, None], ["end", 2 * day, "ended"]]))
    pages.browser.run("$('plot').focus()")
    for times in range(40):
        labels(pages, f"after {times} zooms")
        pages.browser.key("+")
        pages.browser.key("+")


def check_calls(pages):
    """50,000 short calls are drawn."""
    pages.show(pages.generated("calls", many_calls), "50,000 calls")
    redraw(pages, "50,000 calls")
    expect("2 ranks on node0 · 50,000 calls" in pages.of("#facts"), pages.of("#facts"))
    equal(list(pages.tables()), ["50,000 calls: map at Loop/main.swift:7"], "the tables")
    expect("call " in pages.tip(*pages.place(1_000_000, 1)), "a tip")
    labels(pages, "50,000 calls")
    pages.show(pages.data["calls"].replace('"calls":50000', '"calls":60000'))
    expect("50,000" in pages.of("#note") and "60,000 calls" in pages.of("#facts"), "calls that have no records aren't counted")
    killed = pages.data["calls"].split('["place"')[0]
    pages.show(killed, "50,000 calls, killed")
    redraw(pages, "50,000 calls of a job that was killed")
    tables = pages.tables()
    equal(list(tables), ["50,000 calls: map at Loop/main.swift:7"], "the tables of a job that was killed")
    expect(tables["50,000 calls: map at Loop/main.swift:7"]["items"].startswith("400,000 items"), "items of a job that was killed")


def hostile_text(pages):
    """Returns the data of a job whose label and error are hostile, and its records."""
    data = pages.text("hostile", 2, "hostile", ITEMS, TIME, statuses=range(1, 256))
    return data, parsed(data)


def check_hostile(pages):
    """Texts are shown as they are, whatever is in them."""
    data, records = hostile_text(pages)
    expect("</" not in data, "the data can end the script")
    call = next(one for one in records if one[0] == "call")
    equal(call[5], HOSTILE, "the label in the records")
    pages.show(data)
    equal(pages.browser.run("document.querySelectorAll('#evil').length"), 0, "elements made by a text")
    expect(any(HOSTILE in title for title in pages.tables()), f"the label isn't shown: {list(pages.tables())}")
    expect(HOSTILE in pages.of("#marks"), "the error isn't shown")
    expect(HOSTILE in pages.tip(*pages.place(call[2] + 10_000, -0.5)), "the label isn't in the tip")
    own = [["job", {"program": HOSTILE, "hosts": [HOSTILE, "b"], "began": 0, "zero": 0}], ["call", 1, 0, HOSTILE, HOSTILE, HOSTILE],
           [1, 0, 0, 0, 900, 900, 0, 0, 1, 1, 0, 1], ["mark", "failed", 1, 500, 0, HOSTILE],
           ["called", 1, 1000, HOSTILE, {"title": HOSTILE, "calls": 1, "items": 1, "rows": [[HOSTILE, HOSTILE]]}],
           ["place", {"title": HOSTILE, "calls": 2, "items": 1, "rows": [[HOSTILE, HOSTILE]]}], ["end", 1000, HOSTILE]]
    pages.show(lines(own))
    equal(pages.browser.run("document.querySelectorAll('#evil').length"), 0, "elements made by a text")
    equal(pages.of("#title"), HOSTILE, "the title")
    expect(HOSTILE in pages.of("#facts") and HOSTILE in pages.of("#marks") and HOSTILE in pages.of("#calls table"), "the texts")
    expect(HOSTILE in pages.tip(*pages.place(200, 0)), "the tip")


def check_trace(pages):
    """Trace events are valid JSON with the fields of the Trace Event Format, also when the file is cut at a line's end."""
    text = observe(pages.folder, "trace.json", 3, "all", ITEMS, TIME)
    events = json.loads(text)
    open_, sums, titles = [], {}, {}
    for event in events:
        kind = event.get("ph")
        expect(kind in ("M", "B", "E", "X", "i"), f"ph of {event}")
        expect(isinstance(event.get("pid"), int), f"pid of {event}")
        expect(kind == "E" or isinstance(event.get("name"), str), f"name of {event}")
        if kind == "M":
            expect(event["name"] in ("process_name", "process_sort_index") and isinstance(event["args"], dict), f"{event}")
            continue
        expect(isinstance(event.get("ts"), int) and event["ts"] >= 0 and isinstance(event.get("tid"), int), f"ts and tid of {event}")
        if kind == "B":
            open_.append(event)
            titles[event["args"]["call"]] = event["name"].split(",")[0]
        elif kind == "E":
            expect(open_ and open_.pop()["ts"] <= event["ts"], f"no beginning of {event}")
        elif kind == "X":
            expect(isinstance(event.get("dur"), int) and event["dur"] >= 0, f"dur of {event}")
            call = event["args"]["call"]
            done, failed = sums.get(call, (0, 0))
            sums[call] = done + event["args"]["items"], failed + event["args"]["failures"]
        else:
            expect(event.get("s") in ("g", "p", "t"), f"s of {event}")
    equal(open_, [], "calls without an end")
    by_label = {titles[call]: done - failed for call, (done, failed) in sums.items()}
    equal(by_label, {"fits": ITEMS, "tail": ITEMS, "unlucky": ITEMS - ITEMS // 10, "stream": ITEMS // 2, "pool": ITEMS, "sum": ITEMS},
          "items that succeeded")
    hostile = observe(pages.folder, "hostile.json", 2, "hostile", ITEMS, TIME, statuses=range(1, 256))
    expect(any(HOSTILE in event.get("name", "") for event in json.loads(hostile)), "the label isn't a name")
    for data in (text, hostile):
        rows = data.splitlines(True)
        for number in range(1, len(rows) - 1):
            json.loads("".join(rows[:number]) + "{}]")


CHECKS = {name.removeprefix("check_"): check for name, check in list(globals().items()) if name.startswith("check_")}

# How --breaks breaks the page: a check, and what it replaces by what.
BREAKS = [
    ("numbers", "Math.max(calls.size, ended)", "Math.max(calls.size + 1, ended)"),
    ("numbers", "marks.slice(0, 1000)", "marks.slice(1)"),
    ("numbers", "for (const [name, value] of rows)", "for (const [name, value] of rows.slice(1))"),
    ("numbers", "\"use strict\";", "\"use strict\"; console.error('broken');"),
    ("numbers", "\"use strict\";", "\"use strict\"; fetch('other.txt').catch(() => 0);"),
    ("hover", "count(w[END] - 1)", "count(w[END])"),
    ("hover", "low = middle + 1", "low = middle + 2"),
    ("hover", "toRow = y => view.y0", "toRow = y => 1 + view.y0"),
    ("hover", "time - view.x0) * scale", "time - view.x0) * 1.1 * scale"),
    ("threads", "threads[w[RANK]] = w[THREAD] + 1", "threads[w[RANK]] = w[THREAD]"),
    ("threads", "firstRow[w[RANK]] + w[THREAD]", "firstRow[w[RANK]]"),
    ("zoom", "zoom(factor, toTime(x))", "zoom(factor)"),
    ("zoom", "(drag[0] - x) / px", "(x - drag[0]) / px"),
    ("zoom", "addEventListener(\"dblclick\", showAll)", "addEventListener(\"dblclick\", redraw)"),
    ("zoom", "[\"pointerup\", \"pointercancel\"]", "[\"pointercancel\"]"),
    ("zoom", "zoomRows(factor, toRow(y)); else", "zoom(factor, toTime(x)); else"),
    ("keyboard", "\"+\": () =>", "\"*\": () =>"),
    ("keyboard", "\">\": () => choose(chosen.row, chosen.index + 1)", "\">\": () => choose(chosen.row, chosen.index)"),
    ("keyboard", "\"[\": () => choose(chosen.row - 1", "\"[\": () => choose(chosen.row - 2"),
    ("keyboard", "Home: showAll", "End: showAll"),
    ("colours", "--back: #15171b", "--back: #ffffff"),
    ("colours", "hatch = null; draw();", "hatch = null;"),
    ("colours", "@media screen and (prefers", "@media (prefers"),
    ("cuts", "catch { damaged", "catch (error) { throw error; damaged"),
    ("cuts", "if (!end) notes", "if (false) notes"),
    ("cuts", "hosts: [], began: 0, zero", "began: 0, zero"),
    ("death", "mark.kind === \"died\" ? \"\" : mark.kind + \": \") + mark.text;", "\"\");"),
    ("death", "const time = here ?", "const time = !here ?"),
    ("death", "time > data.last ? back : stopped", "back"),
    ("death", "died !== undefined && time > died", "false"),
    ("ranks", "round(14 / py)", "round(6 / py)"),
    ("ranks", "zoomRows(factor, toRow(y)); else", "zoom(factor, toTime(x)); else"),
    ("axis", "Math.abs(inside - x) < 10", "true"),
    ("axis", "+ two(s % 60)", "+ '00'"),
    ("ranks", "Math.max(64, Math.ceil(context", "Math.min(64, Math.ceil(context"),
    ("axis", "tickText(view.x1, tick)).width + 20", "'').width"),
    ("calls", "if (call.ended !== null && !call.summary) brief", "if (false) brief"),
    ("calls", "if (ended > calls.size)", "if (false)"),
    ("calls", "places.length === 1, $(\"calls\"))", "places.length === 1, element(\"div\"))"),
    ("hostile", "made.textContent = text", "made.innerHTML = text"),
    ("hostile", "tip.textContent = text", "tip.innerHTML = text"),
]


def run(pages, name):
    """Returns what is wrong; None if nothing is."""
    try:
        CHECKS[name](pages)
    except (Failure, chromium.ProtocolError) as error:
        return str(error)
    except (LookupError, StopIteration, TypeError, ValueError) as error:
        return f"{type(error).__name__}: {error}, in line {error.__traceback__.tb_next.tb_lineno}"
    return None


def run_breaks(pages, names):
    sound, unseen = pages.head, 0
    for name, old, new in BREAKS:
        if name not in names:
            continue
        if old not in sound:
            print(f"timeline-page.py: nothing to break: {old!r} is not in the page")
            unseen += 1
            continue
        pages.head = sound.replace(old, new, 1)
        failure = run(pages, name)
        print(f"{'ok' if failure else 'NOT SEEN'} {name}: {old!r} -> {new!r}: {(failure or '')[:100]!r}", flush=True)
        unseen += failure is None
    return unseen


def main(arguments):
    if not chromium.program():
        print("timeline-page.py: skipped, because there is no Chromium (apt-get install chromium fonts-dejavu-core)")
        return 1 if os.environ.get("CI") == "true" else 0
    breaks = "--breaks" in arguments
    arguments = [one for one in arguments if one != "--breaks"]
    keep = arguments[1] if arguments[:1] == ["--keep"] else None
    names = arguments[2 if keep else 0:] or list(CHECKS)
    unknown = [name for name in names if name not in CHECKS]
    if unknown:
        sys.exit(f"timeline-page.py: no check {', '.join(unknown)}: use {', '.join(CHECKS)}")
    with tempfile.TemporaryDirectory() as temporary, chromium.Chromium() as browser:
        folder = pathlib.Path(keep or temporary)
        folder.mkdir(parents=True, exist_ok=True)
        pages = Pages(browser, folder)
        if breaks:
            failures = run_breaks(pages, names)
        else:
            failures = 0
            for name in names:
                failure = run(pages, name)
                print(f"{'FAILED' if failure else 'ok'} {name}: {failure or CHECKS[name].__doc__}", flush=True)
                failures += failure is not None
    print(f"timeline-page.py: {failures} of {len(BREAKS) if breaks else len(names)} {'breaks not seen' if breaks else 'checks failed'}")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
