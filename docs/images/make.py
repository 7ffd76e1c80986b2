#!/usr/bin/env python3
"""Makes the pictures of the documentation from real runs. Look at each of them before you commit it.

usage: docs/images/make.py [NAME...]

Needs Chromium, tmux, mpirun and DejaVu fonts. The log takes about three minutes. Names: timeline, ranks, bar, log, summary.
"""
import html
import importlib.util
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time

IMAGES = pathlib.Path(__file__).resolve().parent
ROOT = IMAGES.parent.parent
sys.path.insert(0, str(ROOT / "Tests"))
import chromium

BUILD = pathlib.Path(os.environ.get("SWIFTPM_BUILD_DIR", ROOT / ".build"))
LARGEST = 200_000  # bytes
LAUNCH = "mpirun --oversubscribe --bind-to none"
COLOURS = ["#2e3436", "#e06c75", "#98c379", "#e5c07b", "#61afef", "#c678dd", "#56b6c2", "#d7dae0"]


def save(browser, name, clip=None):
    path = IMAGES / f"{name}.png"
    browser.screenshot(path, clip)
    size = path.stat().st_size
    print(f"{path.relative_to(ROOT)}: {size // 1000} kB")
    if size > LARGEST:
        sys.exit(f"make.py: {path} is larger than {LARGEST // 1000} kB")


def environment(**more):
    return dict(os.environ, OMPI_ALLOW_RUN_AS_ROOT="1", OMPI_ALLOW_RUN_AS_ROOT_CONFIRM="1", LC_ALL="C.UTF-8", **more)


def timeline(browser, folder):
    """The timeline of Sweep on 4 ranks, light and dark."""
    page = folder / "timeline.html"
    subprocess.run([*LAUNCH.split(), "-n", "4", str(BUILD / "release/Sweep"), "--rho-steps", "15", "--sigma-steps", "12",
                    "--time", "4000", "--no-checkpoint"], cwd=folder, env=environment(SEPPO_TIMELINE=str(page), SEPPO_PROGRESS="off"),
                   stdin=subprocess.DEVNULL, check=True)
    for name, scheme in (("timeline", "light"), ("timeline-dark", "dark")):
        browser.media(scheme)
        browser.resize(1400, 640)
        browser.open(page)
        # The pointer rests on a batch.
        x, y = browser.run("""(box => {
            const row = data.rows[2].work, w = row[Math.floor(row.length / 2)];
            return [box.left + toX((w[BEGAN] + w[ENDED]) / 2), box.top + top_ + 2.5 * scale().py];
          })($("plot").getBoundingClientRect())""")
        browser.mouse("moved", x, y)
        save(browser, name)
    browser.media()


def ranks(browser, folder):
    """A generated timeline of 4,096 ranks."""
    path = ROOT / "Tests/timeline-page.py"
    specification = importlib.util.spec_from_file_location("timeline_page", path)
    test = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(test)
    page = folder / "ranks.html"
    page.write_text(test.PAGE.read_text() + test.lines(test.many_ranks()))
    browser.resize(1120, 790)
    browser.open(page)
    save(browser, "timeline-4096")


class Terminal:
    """A terminal of a fixed size, with a shell in a folder where the programs' files go."""

    def __init__(self, folder, columns, rows):
        self.folder = folder
        for name, path in (("mpi-run.sh", ROOT / "mpi-run.sh"), (".build", BUILD)):
            if not (folder / name).exists():
                (folder / name).symlink_to(path.resolve())
        self.socket, self.size = f"seppo-images-{os.getpid()}", (columns, rows)

    def tmux(self, *arguments):
        return subprocess.run(["tmux", "-u", "-L", self.socket, *arguments], cwd=self.folder, check=True, capture_output=True, text=True,
                              env=environment()).stdout

    def __enter__(self):
        try:
            self.start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def start(self):
        self.tmux("-f", "/dev/null", "new-session", "-d", "-x", str(self.size[0]), "-y", str(self.size[1]), "env", "PS1=$ ", "bash", "--norc",
                  "--noprofile")
        self.tmux("set-option", "-g", "status", "off")
        self.until(r"^\$ ?$", 10)
        self.enter("mpirun() { command " + LAUNCH + ' "$@"; }; clear')
        time.sleep(0.5)

    def __exit__(self, *_):
        subprocess.run(["tmux", "-L", self.socket, "kill-server"], check=False, capture_output=True)

    def enter(self, text):
        self.tmux("send-keys", "-l", text)
        self.tmux("send-keys", "Enter")

    def until(self, pattern, limit=300):
        """Waits until the screen has this pattern."""
        end = time.monotonic() + limit
        while not re.search(pattern, self.tmux("capture-pane", "-p"), re.M):
            if time.monotonic() > end:
                sys.exit(f"make.py: the terminal doesn't show {pattern}:\n" + self.tmux("capture-pane", "-p"))
            time.sleep(0.1)

    def page(self):
        """Returns the screen as a page, with its colours."""
        lines, style = [], {}
        for line in self.tmux("capture-pane", "-p", "-e").rstrip("\n").split("\n"):
            text = ""
            for part in re.split(r"(\x1b\[[\d;]*m)", line):
                codes = re.fullmatch(r"\x1b\[([\d;]*)m", part)
                if not codes:
                    css = ";".join(f"{name}:{value}" for name, value in style.items())
                    text += f'<span style="{css}">{html.escape(part)}</span>' if css and part else html.escape(part)
                    continue
                for code in map(int, filter(None, codes[1].split(";") if codes[1] else ["0"])):
                    if code == 0:
                        style = {}
                    elif code == 1:
                        style["font-weight"] = "bold"
                    elif 30 <= code <= 37:
                        style["color"] = COLOURS[code - 30]
                    elif 40 <= code <= 47:
                        style["background"] = COLOURS[code - 40]
            lines.append(text)
        lines += [""] * (self.size[1] - len(lines))
        return f"""<!DOCTYPE html><meta charset="utf-8"><title>Terminal</title><style>
            body {{ margin: 0; background: #1d2026; }}
            pre {{ display: inline-block; box-sizing: border-box; width: calc({self.size[0]}ch + 32px); margin: 0; padding: 12px 16px;
                   color: #e7e9ed; font: 15px/1.35 "DejaVu Sans Mono", monospace; }}
            </style><pre>""" + "\n".join(lines) + "</pre>"

    def save(self, browser, folder, name):
        path = folder / f"{name}.html"
        path.write_text(self.page())
        browser.resize(1400, 900)
        browser.open(path)
        size = browser.run("(box => [Math.ceil(box.width), Math.ceil(box.height)])(document.querySelector('pre').getBoundingClientRect())")
        save(browser, name, (0, 0, *size))


def bar(browser, folder):
    """The progress bar of a long call."""
    with Terminal(folder, 100, 6) as terminal:
        # The build is not part of the picture.
        terminal.enter("./mpi-run.sh -n 1 Sweep --help &>build.log; clear")
        terminal.until(r"\A\$ ?$")
        terminal.enter("./mpi-run.sh -n 3 Sweep --time 500 --no-checkpoint")
        terminal.until(r"\b6\d %")
        terminal.save(browser, folder, "progress-bar")
        terminal.tmux("send-keys", "C-c")
        terminal.until(r"^\$ ?$", 30)


def log(browser, folder):
    """The progress of a call in a log."""
    with Terminal(folder, 130, 9) as terminal:
        terminal.enter("SEPPO_PROGRESS=log mpirun -n 3 .build/release/Sweep --time 4500 --no-checkpoint 2>&1 | tee job.log")
        terminal.until(r"points in \d")
        terminal.until(r"^\$ ?$", 30)
        terminal.save(browser, folder, "progress-log")


def summary(browser, folder):
    """The summary of a call."""
    with Terminal(folder, 110, 13) as terminal:
        terminal.enter("SEPPO_SUMMARY=1 mpirun -n 2 .build/release/Sweep --no-checkpoint")
        terminal.until(r"points in \d")
        terminal.until(r"^\$ ?$", 30)
        terminal.save(browser, folder, "summary")


PICTURES = {"timeline": timeline, "ranks": ranks, "bar": bar, "log": log, "summary": summary}


def main(names):
    unknown = [name for name in names if name not in PICTURES]
    if unknown or not chromium.program():
        sys.exit(f"make.py: no picture {', '.join(unknown)}: use {', '.join(PICTURES)}" if unknown else "make.py: no Chromium")
    subprocess.run([str(ROOT / "mpi-run.sh"), "-n", "1", "Sweep", "--help"], check=True, stdout=subprocess.DEVNULL)
    with tempfile.TemporaryDirectory() as folder, chromium.Chromium() as browser:
        for name in names or PICTURES:
            PICTURES[name](browser, pathlib.Path(folder))


if __name__ == "__main__":
    main(sys.argv[1:])
