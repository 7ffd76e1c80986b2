"""A headless Chromium, driven by the DevTools protocol over a pipe: https://chromedevtools.github.io/devtools-protocol/"""
import base64
import json
import os
import pathlib
import select
import shutil
import signal
import subprocess
import tempfile
import time

PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def program():
    """Returns the path of Chromium; None if it isn't installed."""
    return next((path for path in map(shutil.which, PROGRAMS) if path), None)


class ProtocolError(Exception):
    """Chromium reports an error, doesn't answer in time, or has ended."""


class Chromium:
    """A browser with one tab. Use it with `with`."""

    def __init__(self, width=1400, height=900, scale=1, limit=60):
        self.limit = limit
        self.profile = tempfile.mkdtemp(prefix="chromium-")
        self.last, self.session, self.rest, self.events = 0, None, b"", []
        commands, self.commands = os.pipe()
        self.answers, answers = os.pipe()
        # It reads commands from descriptor 3 and writes answers to descriptor 4; each message ends with a zero byte.
        shell = 'commands=$1 answers=$2; shift 2; exec "$@" 3<"$commands" 4>"$answers"'
        flags = ("--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--no-first-run",
                 "--disable-background-networking", "--disable-component-update", "--disable-dev-shm-usage",
                 "--font-render-hinting=none", f"--force-device-scale-factor={scale}",
                 f"--user-data-dir={self.profile}", "--remote-debugging-pipe", "about:blank")
        self.log = open(os.path.join(self.profile, "log"), "w+")
        self.process = subprocess.Popen(
            ["sh", "-c", shell, "sh", f"/dev/fd/{commands}", f"/dev/fd/{answers}", program(), *flags],
            pass_fds=(commands, answers), stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log,
            start_new_session=True)
        os.close(commands)
        os.close(answers)
        try:
            target = self.send("Target.createTarget", url="about:blank")["targetId"]
            self.session = self.send("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
            for domain in ("Page", "Runtime", "Log", "Network"):
                self.send(domain + ".enable")
            self.resize(width, height, scale)
        except BaseException:
            self.close()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        os.close(self.commands)
        os.close(self.answers)
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.process.wait()
        self.log.close()
        shutil.rmtree(self.profile, ignore_errors=True)

    def receive(self, until):
        """Returns the next message."""
        while b"\0" not in self.rest:
            if not select.select([self.answers], [], [], max(0, until - time.monotonic()))[0]:
                raise ProtocolError("Chromium doesn't answer")
            part = os.read(self.answers, 1 << 20)
            if not part:
                self.log.seek(0)
                raise ProtocolError("Chromium has ended: " + self.log.read()[-1000:])
            self.rest += part
        message, self.rest = self.rest.split(b"\0", 1)
        return json.loads(message)

    def send(self, method, **parameters):
        """Sends a command, and returns its result. Events that come meanwhile are kept in `events`."""
        self.last += 1
        message = {"id": self.last, "method": method, "params": parameters}
        if self.session:
            message["sessionId"] = self.session
        data = json.dumps(message).encode() + b"\0"
        while data:
            data = data[os.write(self.commands, data):]
        until = time.monotonic() + self.limit
        while True:
            answer = self.receive(until)
            if answer.get("id") == self.last:
                if "error" in answer:
                    raise ProtocolError(f"{method}: {answer['error']['message']}")
                return answer["result"]
            if "method" in answer:
                self.events.append(answer)

    def wait(self, event):
        """Returns when the event has come since `events` was emptied."""
        until = time.monotonic() + self.limit
        while not any(one["method"] == event for one in self.events):
            self.events.append(self.receive(until))

    def open(self, path):
        """Opens a file, and returns when it is loaded and drawn."""
        self.events = []
        failure = self.send("Page.navigate", url=pathlib.Path(path).resolve().as_uri()).get("errorText")
        if failure:
            raise ProtocolError(f"{path}: {failure}")
        self.wait("Page.loadEventFired")
        self.settle()

    def settle(self):
        """Waits until what was asked of the page is drawn."""
        self.run("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")

    def run(self, script):
        """Returns the value of an expression, or of its promise."""
        answer = self.send("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        if "exceptionDetails" in answer:
            details = answer["exceptionDetails"]
            raise ProtocolError(details.get("exception", details).get("description", details["text"]))
        return answer["result"].get("value")

    def before_scripts(self, script):
        """Runs this in each page before the page's own scripts; returns what `Page.removeScript...` wants."""
        return self.send("Page.addScriptToEvaluateOnNewDocument", source=script)["identifier"]

    def complaints(self):
        """Returns the exceptions, and the errors and warnings of the console, since the page was opened."""
        found = []
        for event in self.events:
            values = event.get("params", {})
            if event["method"] == "Runtime.exceptionThrown":
                details = values["exceptionDetails"]
                found.append(details.get("exception", details).get("description", details["text"]))
            elif event["method"] == "Runtime.consoleAPICalled" and values["type"] in ("error", "warning", "assert"):
                found.append(" ".join(str(one.get("value", one.get("description"))) for one in values["args"]))
            elif event["method"] == "Log.entryAdded" and values["entry"]["level"] in ("error", "warning"):
                found.append(values["entry"]["text"])
        return found

    def requests(self):
        """Returns the addresses that were asked for since the page was opened."""
        return [event["params"]["request"]["url"] for event in self.events
                if event["method"] == "Network.requestWillBeSent"]

    def resize(self, width, height, scale=1):
        self.send("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=scale, mobile=False)

    def media(self, scheme="light", media=""):
        """Emulates a colour scheme, and a medium such as "print"."""
        self.send("Emulation.setEmulatedMedia", media=media, features=[{"name": "prefers-color-scheme", "value": scheme}])

    def mouse(self, kind, x, y, **more):
        """Sends one event of the mouse: "moved", "pressed", "released" or "wheel"."""
        types = {"moved": "mouseMoved", "pressed": "mousePressed", "released": "mouseReleased", "wheel": "mouseWheel"}
        self.send("Input.dispatchMouseEvent", type=types[kind], x=x, y=y, **more)

    def click(self, x, y, times=1):
        self.mouse("moved", x, y)
        for number in range(1, times + 1):
            self.mouse("pressed", x, y, button="left", buttons=1, clickCount=number)
            self.mouse("released", x, y, button="left", clickCount=number)

    def key(self, key):
        """Presses a key, such as "a" or "Home"."""
        text = {"text": key} if len(key) == 1 else {}
        self.send("Input.dispatchKeyEvent", type="keyDown", key=key, **text)
        self.send("Input.dispatchKeyEvent", type="keyUp", key=key)

    def screenshot(self, path, clip=None):
        """Writes a PNG of the window, or of a part of the page: (x, y, width, height)."""
        more = {}
        if clip:
            more = {"clip": dict(zip(("x", "y", "width", "height"), clip), scale=1), "captureBeyondViewport": True}
        picture = base64.b64decode(self.send("Page.captureScreenshot", format="png", optimizeForSpeed=False, **more)["data"])
        pathlib.Path(path).write_bytes(picture)

    def pdf(self, **options):
        """Returns the page as printed, a PDF."""
        return base64.b64decode(self.send("Page.printToPDF", printBackground=True, **options)["data"])
