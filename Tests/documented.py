#!/usr/bin/env python3
"""Checks that each public symbol has a doc comment, and a place under a Topics section of the site.

Tests/documented.py SITE

SITE is what Tools/docs.sh has built from the last debug build.
"""
import json
import os
import pathlib
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "Tools"))
import symbol_graphs  # noqa: E402


def pages(site):
    """Returns the address of each symbol's page, and the addresses under Topics sections that somebody has written."""
    addresses, curated = {}, set()
    for file in (pathlib.Path(site) / "data").rglob("*.json"):
        page = json.loads(file.read_text())
        if symbol := page.get("metadata", {}).get("externalID"):
            addresses[symbol] = page["identifier"]["url"]
        for section in page.get("topicSections", []):
            if not section.get("generated"):
                curated.update(section["identifiers"])
    return addresses, curated


def place(symbol):
    location = symbol["location"]
    path = os.path.relpath(location["uri"].removeprefix("file://"), symbol_graphs.root)
    return f"{path}:{location['position']['line'] + 1}: {'.'.join(symbol['pathComponents'])}"


def check(site):
    """Returns the number of public symbols, and what is missing."""
    addresses, curated = pages(site)
    count, missing = 0, []
    for module in symbol_graphs.products:
        with tempfile.TemporaryDirectory() as folder:
            symbol_graphs.extract(module, folder, "-emit-extension-block-symbols")
            graphs = [symbol_graphs.for_readers(graph) for _, graph in symbol_graphs.graphs(module, folder)]
        for symbol in (symbol for graph in graphs for symbol in graph["symbols"]):
            # The compiler adds the comment of a protocol's requirement, which says nothing about this implementation.
            comment = symbol.get("docComment", {})
            is_extension = symbol["kind"]["identifier"] == "swift.extension"
            if not is_extension and comment.get("module") not in symbol_graphs.products:
                missing.append(f"{place(symbol)} has no doc comment")
            address = addresses.get(symbol["identifier"]["precise"])
            if address and address not in curated:
                missing.append(f"{place(symbol)} is under no Topics section: add it to its type's page in {module}.docc")
            elif not address and not is_extension:
                missing.append(f"{place(symbol)} has no page")
            count += not is_extension
    return count, missing


def main():
    if len(sys.argv) != 2 or sys.argv[1].startswith("-"):
        sys.exit(__doc__)
    count, missing = check(sys.argv[1])
    if missing:
        sys.exit("\n".join(missing))
    if count < 300:
        sys.exit(f"only {count} public symbols were found: build the products first")
    print(f"{count} public symbols have a doc comment and a place under Topics")


main()
