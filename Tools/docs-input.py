#!/usr/bin/env python3
"""Writes what DocC reads: for each product, its symbol graphs and its catalogue, with the guides of docs/.

Tools/docs-input.py FOLDER

Reads the modules of the last debug build. FOLDER/SeppoMPI/graphs and FOLDER/SeppoMPI.docc are for SeppoMPI, and so on.
"""
import json
import os
import pathlib
import re
import shutil
import sys

import symbol_graphs

root = pathlib.Path(symbol_graphs.root)
INTERNAL = {"DESIGN.md", "Benchmarks.md"}
# The parameters by which a verb knows its place in the program. Nobody writes them, so that pages leave them out.
PLACE = "fileID:line:column:"
LINK = re.compile(r"(!?)\[((?:[^\[\]]|\[[^\[\]]*\])*)\]\(([^()\s]+)\)")


def without_place(fragments):
    """Returns the parts of a declaration without the parameters fileID, line and column."""
    names = [part["spelling"] if part["kind"] == "externalParam" else None for part in fragments]
    if "fileID" not in names or "column" not in names:
        return fragments
    first, last = names.index("fileID"), names.index("column")
    while not re.match(r"[,)]", fragments[last + 1]["spelling"]):
        last += 1
    before, after = dict(fragments[first - 1]), dict(fragments[last + 1])
    if after["spelling"].startswith(", "):
        after["spelling"] = after["spelling"][2:]
    else:
        before["spelling"] = before["spelling"].removesuffix(", ")
    parts = fragments[:first - 1] + [before, after] + fragments[last + 2:]
    return [part for part in parts if part["spelling"]]


def shorten(symbol):
    """Removes the parameters for the place from the declaration of a symbol."""
    names = symbol["names"]
    names["subHeading"] = without_place(names.get("subHeading", []))
    symbol["declarationFragments"] = without_place(symbol["declarationFragments"])
    signature = symbol.get("functionSignature", {})
    if any(parameter["name"] == "fileID" for parameter in signature.get("parameters", [])):
        signature["parameters"] = [
            parameter for parameter in signature["parameters"] if parameter["name"] not in ("fileID", "line", "column")]


def write_graphs(module, folder):
    folder.mkdir(parents=True)
    symbol_graphs.extract(module, str(folder), "-emit-extension-block-symbols")
    for path, graph in symbol_graphs.graphs(module, str(folder)):
        graph = symbol_graphs.for_readers(graph)
        for symbol in graph["symbols"]:
            shorten(symbol)
        pathlib.Path(path).write_text(json.dumps(graph).replace(PLACE, ""))


def guides():
    """Returns the guides of docs/: its own before those of its folders."""
    files = [file for file in (root / "docs").rglob("*.md") if file.name not in INTERNAL]
    return sorted(files, key=lambda file: (len(file.parts), file.parent, file.name))


def links(files, types, landing):
    """Returns the link to each guide's page, whose name is its file's: {path: link}."""
    headings = set(anchors(landing).values())
    found = {}
    for file in files:
        name = file.stem
        if name.lower() in types or name in [other.stem for other in found]:
            sys.exit(f"{file}: a type or another guide has this name, and both would be one page; rename the file")
        if name in headings:
            sys.exit(f"{landing.name}: a heading has the name of the guide {name}, which DocC can't link to; change the heading")
        found[file] = f"doc:{name}"
    return found


def anchor(heading):
    """Returns GitHub's anchor of a heading."""
    return re.sub(r"[^\w\- ]", "", re.sub(r"[`*]", "", heading).lower()).replace(" ", "-")


def fragment(heading):
    """Returns DocC's anchor of a heading."""
    return re.sub(r"[\s-]+", "-", re.sub(r"[`*'\"“”‘’,]", "", heading).strip())


def prose_lines(text):
    """Returns each line and whether it is outside of code blocks."""
    fence = False
    for line in text.splitlines():
        marks = line.lstrip().startswith("```")
        yield line, not (fence or marks)
        fence ^= marks


def anchors(file):
    """Returns DocC's anchor for each of GitHub's in a guide."""
    headings = (line.lstrip("#").strip() for line, prose in prose_lines(file.read_text()) if prose and line.startswith("#"))
    return {anchor(heading): fragment(heading) for heading in headings}


def article(file, pages, images):
    """Returns the text of a guide with links as DocC has them, and adds the images that it shows."""
    def rewritten(match):
        mark, label, address = match.groups()
        if re.match(r"[a-z]+:", address):
            return match[0]
        path, _, place = address.partition("#")
        goal = (file.parent / path).resolve() if path else file
        if not goal.exists():
            sys.exit(f"{file}: there is no file {path}; correct the link")
        if mark:
            images.add(goal)
            return f"![{label}]({goal.name})"
        if goal == root / "README.md":
            return f"[{label}](doc:SeppoMPI)"
        if goal not in pages:
            return label  # what is outside of the site has no address that holds everywhere
        link = pages[goal]
        if place:
            if place not in anchors(goal):
                sys.exit(f"{file}: there is no heading #{place} in {goal.relative_to(root)}; correct the link")
            link += "#" + anchors(goal)[place]
        # Instead of the name of a file, readers see the page's title.
        return f"<{link}>" if label.endswith(".md") else f"[{label}]({link})"

    text = file.read_text()
    # Comments tell Tests/code-blocks.py how to compile a block. A link may continue on the next line.
    text = re.sub(r"^[ \t]*<!--.*?-->\n?", "", text, flags=re.M | re.S)
    blocks = re.split(r"(^[ \t]*```.*?^[ \t]*```)", text, flags=re.M | re.S)
    return "".join(block if block.lstrip().startswith("```") else LINK.sub(rewritten, block) for block in blocks)


def topics(pages):
    """Returns the Topics groups of the guides: one for docs/ and one for each of its folders."""
    text, group = "", None
    for file, link in pages.items():
        title = "Guides" if file.parent == root / "docs" else "Guides: " + file.parent.name.replace("-", " ")
        if title != group:
            text += f"\n### {title}\n\n"
            group = title
        text += f"- <{link}>\n"
    return text.strip() + "\n"


def write_catalogue(module, catalogue):
    shutil.copytree(root / "Sources" / module / f"{module}.docc", catalogue)
    for page in catalogue.rglob("*.md"):
        page.write_text(page.read_text().replace(PLACE, ""))


def add_guides(catalogue, graphs):
    types = {
        symbol["pathComponents"][0].lower()
        for _, graph in symbol_graphs.graphs("SeppoMPI", str(graphs)) for symbol in graph["symbols"]}
    landing = catalogue / "SeppoMPI.md"
    text = landing.read_text()
    if "<!-- guides -->\n" not in text:
        sys.exit("SeppoMPI.docc/SeppoMPI.md has no line <!-- guides -->, where the list of the guides is to be")
    pages, images = links(guides(), types, landing), set()
    landing.write_text(text.replace("<!-- guides -->\n", topics(pages)))
    (catalogue / "Guides").mkdir()
    for file in pages:
        (catalogue / "Guides" / file.name).write_text(article(file, pages, images))
    for image in images:
        shutil.copy(image, catalogue / "Guides")


def main():
    if len(sys.argv) != 2 or sys.argv[1].startswith("-"):
        sys.exit(__doc__)
    folder = pathlib.Path(os.path.abspath(sys.argv[1]))
    for module in symbol_graphs.products:
        write_graphs(module, folder / module / "graphs")
        write_catalogue(module, folder / f"{module}.docc")
    add_guides(folder / "SeppoMPI.docc", folder / "SeppoMPI" / "graphs")


main()
