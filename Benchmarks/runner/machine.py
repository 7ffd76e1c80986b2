"""Describes the machine and the versions of the software."""

import importlib.metadata
import os
import platform
import re
import subprocess
from pathlib import Path

from . import sample


def first_line(*command):
    """Returns the first line of a program's output, or None if the program is missing or fails."""
    try:
        completed = subprocess.run(
            command, capture_output=True, text=True, check=True, timeout=60, cwd=sample.CHECKOUT,
            env=sample.environment())
    except (OSError, subprocess.SubprocessError):
        return None
    lines = (completed.stdout or completed.stderr).splitlines()
    return lines[0].strip() if lines else ""


def version(text, pattern):
    found = re.search(pattern, text or "")
    return found.group(1) if found else None


def package(name):
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None


def versions():
    changed = first_line("git", "status", "--porcelain", "--", "Sources", "Benchmarks/Seppo", "Benchmarks/Peers")
    commit = first_line("git", "rev-parse", "--short", "HEAD")
    return {
        "Seppo": commit and commit + (" with changes" if changed else ""),
        "Swift": version(first_line("swift", "--version"), r"Swift version (\S+)"),
        "Open MPI": version(first_line("mpirun", "--version"), r"\(Open MPI\) (\S+)"),
        "C compiler": first_line("mpicc", "--version"),
        "Python": platform.python_version(),
        "mpi4py": package("mpi4py"),
        "charm4py": package("charm4py"),
        "numpy": package("numpy"),
    }


def processor():
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except FileNotFoundError:
        return first_line("sysctl", "-n", "machdep.cpu.brand_string") or platform.machine()
    return version(text, r"model name\s*:\s*(.+)") or platform.machine()


def system():
    try:
        return platform.freedesktop_os_release()["PRETTY_NAME"]
    except OSError:
        return f"{platform.system()} {platform.release()}"


def machine():
    gigabytes = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return {
        "processor": processor(),
        "cores": os.cpu_count(),
        "memory_gib": round(gigabytes),
        "system": system(),
        "kernel": platform.release(),
    }


def load():
    """Returns the load average of the last minute."""
    return round(os.getloadavg()[0], 2)
