#!/usr/bin/env python3
"""Compares the public names of the products with docs/public-names.txt, so that a change of them is seen in a diff.

Tests/public-names.py [--update]

It reads the modules of the last debug build. --update writes the file anew. Overloads that exist only for their message
(unavailable ones, and what they return) and SPI are left out.
"""
import difflib
import os
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "Tools"))
import symbol_graphs  # noqa: E402

listing = os.path.join(symbol_graphs.root, "docs", "public-names.txt")


def declarations(module, folder):
    symbol_graphs.extract(module, folder)
    for path, graph in symbol_graphs.graphs(module, folder):
        extended = os.path.basename(path)[len(module):-len(".symbols.json")].lstrip("@")
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
            if symbol_graphs.is_for_message_only(symbol):
                continue
            text = "".join(part["spelling"] for part in symbol["declarationFragments"])
            yield ".".join([extended or module] + symbol["pathComponents"][:-1]), " ".join(text.split())


def lines():
    for module in symbol_graphs.products:
        yield f"import {module}"
        with tempfile.TemporaryDirectory() as folder:
            for owner, text in sorted(set(declarations(module, folder))):
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
print(f"{len(now) - len(symbol_graphs.products)} public names are as docs/public-names.txt has them")
