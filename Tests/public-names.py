#!/usr/bin/env python3
"""Compares the public names of the products with docs/public-names.txt, so that a change of them is seen in a diff.

Tests/public-names.py [--update]

It reads the modules of the last debug build. --update writes the file anew. Overloads that exist only for their message
(unavailable ones, and what they return) and SPI are left out.
"""
import difflib
import glob
import json
import os
import subprocess
import sys
import tempfile

root = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
listing = os.path.join(root, "docs", "public-names.txt")
products = ["SeppoMPI", "SeppoCheckpoint", "SeppoTesting"]
build = os.path.join(os.environ.get("SWIFTPM_BUILD_DIR", os.path.join(root, ".build")), "debug")


def includes():
    flags = subprocess.run(["mpicc", "-showme:compile"], capture_output=True, text=True, check=True).stdout.split()
    folders = [os.path.join(root, "Sources", folder) for folder in ("CMPI", "CFork", "CSharedMemory", "CStack")]
    folders += glob.glob(os.path.join(os.path.dirname(build), "checkouts", "GRDB.swift", "Sources", "GRDBSQLite"))
    flags += ["-I" + folder for folder in folders]
    return [part for flag in flags for part in ("-Xcc", flag)]


def target():
    info = json.loads(subprocess.run(["swift", "-print-target-info"], capture_output=True, check=True).stdout)
    return info["target"]["triple"]


def declarations(module, folder, flags):
    subprocess.run(
        ["swift", "symbolgraph-extract", "-module-name", module, "-I", os.path.join(build, "Modules"),
         "-minimum-access-level", "public", "-skip-synthesized-members",
         "-output-dir", folder] + flags, check=True)
    for name in sorted(os.listdir(folder)):
        if not name.startswith(module) or not name.endswith(".symbols.json"):
            continue
        with open(os.path.join(folder, name)) as file:
            graph = json.load(file)
        extended = name[len(module):-len(".symbols.json")].lstrip("@")
        paths = {symbol["identifier"]["precise"]: symbol["pathComponents"] for symbol in graph["symbols"]}
        conformances = {}
        for relation in graph["relationships"]:
            path = paths.get(relation["source"])
            if relation["kind"] != "conformsTo" or not path or path[0] == "MisusedParallel":
                continue
            protocol = relation.get("targetFallback") or ".".join(paths.get(relation["target"], []))
            conformances.setdefault(".".join([extended or module] + path), set()).add(protocol.split(".")[-1])
        for owner, protocols in conformances.items():
            yield owner, "conforms to " + ", ".join(sorted(protocols - {"Copyable", "Escapable", ""}))
        for symbol in graph["symbols"]:
            if any(entry.get("isUnconditionallyUnavailable") for entry in symbol.get("availability", [])):
                continue
            if symbol["pathComponents"][0] == "MisusedParallel":
                continue
            text = "".join(part["spelling"] for part in symbol["declarationFragments"])
            yield ".".join([extended or module] + symbol["pathComponents"][:-1]), " ".join(text.split())


def lines():
    flags = ["-target", target()] + includes()
    for module in products:
        yield f"import {module}"
        with tempfile.TemporaryDirectory() as folder:
            for owner, text in sorted(set(declarations(module, folder, flags))):
                yield f"  {owner}: {text}"


now = [line + "\n" for line in lines()]
if sys.argv[1:] == ["--update"]:
    with open(listing, "w") as file:
        file.writelines(now)
    sys.exit()
if sys.argv[1:]:
    sys.exit(__doc__)
with open(listing) as file:
    before = file.readlines()
if now != before:
    sys.stdout.writelines(difflib.unified_diff(before, now, "docs/public-names.txt", "the last build"))
    sys.exit("The public names have changed. Where that is intended: Tests/public-names.py --update, and a line in CHANGELOG.md")
print(f"{len(now) - len(products)} public names are as docs/public-names.txt has them")
