#!/usr/bin/env python3
"""Compiles each block of Swift in the documentation against the last debug build, and runs the whole programs.

Tests/code-blocks.py [FILE...]

Without FILEs, reads README.md, CONTRIBUTING.md, docs (without DESIGN.md), Examples/README.md, the .docc catalogues, and the
doc comments of Sources. A block is one of these:
- a program, with imports: compiled, linked, and run on one and three ranks. If it uses names of the preamble, it
  lacks its input, and is only compiled;
- a test file, with @Test: compiled;
- a part of Package.swift, if a comment in its first line says so: compiled;
- a fragment: compiled in a function, with the names of Tests/Documentation/Preamble.swift.

A comment on the line before a block may say what else it is:
<!-- code: manifest -->        a part of Package.swift
<!-- code: skip REASON -->     not compiled
<!-- code: fails MESSAGE -->   must not compile, with this text in an error
"""
import concurrent.futures
import dataclasses
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "Tools"))
import symbol_graphs  # noqa: E402

root = pathlib.Path(symbol_graphs.root)
preamble = root / "Tests" / "Documentation" / "Preamble.swift"
RANKS = (1, 3)
LONGEST_RUN = 60  # seconds


@dataclasses.dataclass
class Block:
    file: pathlib.Path
    line: int  # of its first line of code
    text: str
    mark: str = ""

    def __str__(self):
        return f"{self.file.relative_to(root)}:{self.line}"

    def matches(self, pattern):
        return re.search(pattern, self.text, re.M) is not None

    @property
    def kind(self):
        if self.mark:
            return self.mark.split()[0]
        if self.matches(r"\A// Package\.swift|^import PackageDescription"):
            return "manifest"
        if self.matches(r"@Test\b"):
            return "test"
        return "program" if self.matches(r"^import ") else "fragment"

    @property
    def is_at_file_scope(self):
        """Whether it has declarations that a function can't contain."""
        return self.matches(r"^(extension|protocol|import|@main|@Test)\b")

    def located(self, before="", after=""):
        """Returns the code, with errors at their place in the documentation, between two lines of other code."""
        place = f'#sourceLocation(file: "{self.file.relative_to(root)}", line: {self.line})'
        return f"{before}\n{place}\n{self.text}\n#sourceLocation()\n{after}\n"


def blocks_of_markdown(file, lines, numbers):
    """Yields the blocks of Swift of a text with these lines."""
    start, mark = None, ""
    for number, line in zip(numbers, lines):
        fence = line.lstrip()
        if start is None and re.match(r"```swift\b", fence):
            start, indent, code = number + 1, len(line) - len(fence), []
        elif start is not None and fence.startswith("```"):
            yield Block(file, start, "\n".join(code), mark)
            start, mark = None, ""
        elif start is not None:
            code.append(line[indent:] if not line[:indent].strip() else line)
        elif found := re.match(r"<!-- code: (.*?) *-->$", fence):
            mark = found[1]
            if not re.match(r"(manifest$|skip .|fails .)", mark):
                sys.exit(f"{file}:{number}: unknown mark 'code: {mark}': use manifest, skip REASON, or fails MESSAGE")
        elif fence:
            mark = ""
    if start is not None:
        sys.exit(f"{file}:{start - 1}: the block has no end: add a line ```")


def blocks_of(file):
    lines = file.read_text().splitlines()
    if file.suffix == ".md":
        yield from blocks_of_markdown(file, lines, range(1, len(lines) + 1))
    elif "Resources" in file.parts:
        yield Block(file, 1, "\n".join(lines))
    else:
        comments = [(number, re.match(r"\s*/// ?(.*)", line)) for number, line in enumerate(lines, 1)]
        comments = [(number, found[1]) for number, found in comments if found]
        yield from blocks_of_markdown(file, [line for _, line in comments], [number for number, _ in comments])


def documentation():
    files = [root / "README.md", root / "CONTRIBUTING.md", *sorted((root / "Examples").rglob("*.md"))]
    files += sorted(file for file in (root / "docs").rglob("*.md") if file.name != "DESIGN.md")
    files += sorted((root / "Sources").glob("*/*.docc/**/*.md")) + sorted((root / "Sources").rglob("*.swift"))
    return files


class Compiler:
    """Compiles blocks in a temporary folder."""

    def __init__(self, folder):
        self.folder = folder
        resources = subprocess.run(["swift", "-print-target-info"], capture_output=True, text=True, check=True).stdout
        self.library = pathlib.Path(re.search(r'"runtimeResourcePath": "(.*)"', resources)[1])
        self.flags = ["-swift-version", "6", *symbol_graphs.import_flags(), "-I", str(folder)]
        self.flags += ["-plugin-path", str(self.library / "host" / "plugins" / "testing")]
        declared = r"^(?:nonisolated\(unsafe\) )?(?:let|var|func|struct|enum|final class) (\w+)"
        self.preamble_names = set(re.findall(declared, preamble.read_text(), re.M))

    def run(self, *arguments):
        """Returns the errors of the compiler, or an empty string."""
        done = subprocess.run(
            ["swiftc", *map(str, arguments)], cwd=root, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        return done.stdout if done.returncode else ""

    def write(self, block, text, name=None):
        name = name or re.sub(r"\W+", "_", str(block)) + ".swift"
        path = self.folder / re.sub(r"\W+", "_", str(block)) / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
        return path

    def compile_preamble(self):
        """Compiles the preamble into a module, so that a block may declare a name that the preamble has, too."""
        return self.run("-emit-module", "-enable-testing", "-parse-as-library", "-module-name", "Preamble", preamble,
                        "-emit-module-path", self.folder / "Preamble.swiftmodule", *self.flags)

    def check_fragments(self, fragments):
        """Type-checks fragments, each in a function of one module."""
        files = []
        for number, block in enumerate(fragments):
            # In an asynchronous function, overloads that are asynchronous are preferred.
            effects = "async throws" if block.matches(r"\bawait\b") else "throws"
            header = self.import_lines(block) + f"\nfunc block{number}() {effects} {{"
            files.append(self.write(block, block.located(header, "}")))
        return self.run("-typecheck", "-wmo", "-parse-as-library", "-suppress-warnings", "-module-name", "Fragments",
                        *files, *self.flags) if files else ""

    @staticmethod
    def import_lines(block):
        modules = [] if block.matches("^import ") else ["Foundation", "SeppoMPI", "SeppoCheckpoint"]
        if modules and block.matches(r"#expect\b|\bwithRanks\b"):
            modules += ["SeppoTesting", "Testing"]
        return "\n".join(["@testable import Preamble"] + [f"import {module}" for module in modules])

    def check_file(self, block, with_preamble=True):
        """Type-checks a block that is a file."""
        header = self.import_lines(block) if with_preamble else ""
        is_script = block.kind == "program" and not block.matches(r"^@main\b")
        path = self.write(block, block.located(header), "main.swift" if is_script else None)
        return self.run("-typecheck", "-suppress-warnings", *([] if is_script else ["-parse-as-library"]), path, *self.flags)

    def check_manifest(self, block):
        """Type-checks Package.swift, or its arguments or targets."""
        text, start = block.text, re.match(r"(\s*//.*\n)*\s*", block.text).end()
        code = text[start:]
        if re.match(r"\w+:", code):
            text = text[:start] + 'let package = Package(name: "Example", ' + code + "\n)"
        elif code.startswith("."):
            text = text[:start] + "let targets: [Target] = [" + code + "\n]"
        header = "" if block.matches("^import PackageDescription") else "import PackageDescription"
        path = self.write(block, dataclasses.replace(block, text=text).located(header), "Package.swift")
        interface = self.library / "pm" / "ManifestAPI"
        return self.run("-typecheck", "-package-description-version", "6.2.0", "-swift-version", "6", "-suppress-warnings",
                        "-I", interface, path)

    def check_that_it_fails(self, block):
        message = block.mark.partition(" ")[2]
        alone = dataclasses.replace(block, mark="")
        errors = self.check_file(alone) if alone.is_at_file_scope else self.check_fragments([alone])
        if not errors:
            return f"{block}: error: it compiles, but should fail with: {message}\n"
        return "" if message in errors else f"{block}: error: it fails without the text: {message}\n{errors}"

    def link_library(self):
        """Links all modules into a library, once, so that linking a program is fast."""
        listing = pathlib.Path(symbol_graphs.build) / "Checkpoints.product" / "Objects.LinkFileList"
        if not listing.exists():
            return "code-blocks.py: the last debug build is not complete; build it: ./mpi-run.sh build --build-tests\n"
        objects = [line for line in listing.read_text().splitlines() if "/Checkpoints.build/" not in line]
        flags = subprocess.run(["mpicc", "-showme:link"], capture_output=True, text=True, check=True).stdout.split()
        flags += ["-Xlinker=-rpath=" + flag[2:] for flag in flags if flag.startswith("-L")]
        flags = [part for flag in flags for part in (["-Xlinker", flag[9:]] if flag.startswith("-Xlinker=") else [flag])]
        return self.run("-emit-library", "-module-name", "Seppo", "-o", self.folder / "libSeppo.so", *objects, *flags, "-lsqlite3")

    def run_program(self, block):
        """Compiles a program and runs it; if it needs names of the preamble, only type-checks it."""
        errors = self.check_file(block, with_preamble=False)
        if any(name in self.preamble_names for name in re.findall(r"error: cannot find (?:type )?'(\w+)'", errors)):
            return self.check_file(block)
        if errors:
            return errors
        path = self.write(block, block.located(), "main.swift" if not block.matches(r"^@main\b") else None)
        program = path.with_name("program")
        errors = self.run(path, "-o", program, "-warnings-as-errors", *([] if path.name == "main.swift" else ["-parse-as-library"]), *self.flags,
                          "-L", self.folder, "-lSeppo", "-Xlinker", "-rpath", "-Xlinker", self.folder)
        return errors or "".join(self.run_on(ranks, program, block) for ranks in RANKS)

    def run_on(self, ranks, program, block):
        folder = program.with_name(f"on-{ranks}")
        folder.mkdir()
        command = ["mpirun", "--oversubscribe", "--bind-to", "none", "-n", str(ranks), str(program)]
        if os.geteuid() == 0:
            command.insert(1, "--allow-run-as-root")
        try:
            done = subprocess.run(command, cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                  stderr=subprocess.STDOUT, text=True, timeout=LONGEST_RUN)
        except subprocess.TimeoutExpired:
            return f"{block}: error: on {ranks} rank(s), it did not end within {LONGEST_RUN} s\n"
        if done.returncode:
            return f"{block}: error: on {ranks} rank(s), it ended with status {done.returncode}:\n{done.stdout[-2000:]}\n"
        return ""


def check(blocks, folder):
    """Yields the errors of the blocks."""
    compiler = Compiler(folder)
    by_kind = {kind: [block for block in blocks if block.kind == kind]
               for kind in ("fragment", "program", "test", "manifest", "fails", "skip")}
    errors = compiler.compile_preamble()
    if errors:
        yield errors
        return
    fragments = [block for block in by_kind["fragment"] if not block.is_at_file_scope]
    files = [block for block in by_kind["fragment"] if block.is_at_file_scope] + by_kind["test"]
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        library = pool.submit(compiler.link_library)
        jobs = [pool.submit(compiler.check_fragments, fragments)]
        jobs += [pool.submit(compiler.check_file, block) for block in files]
        jobs += [pool.submit(compiler.check_manifest, block) for block in by_kind["manifest"]]
        jobs += [pool.submit(compiler.check_that_it_fails, block) for block in by_kind["fails"]]
        errors = library.result()
        if errors:
            yield errors
        else:
            jobs += [pool.submit(compiler.run_program, block) for block in by_kind["program"]]
        for job in jobs:
            yield job.result()
    print(", ".join(f"{len(found)} {kind}{'s' if kind not in ('fails', 'skip') else ''}" for kind, found in by_kind.items() if found))


def main():
    names = sys.argv[1:]
    if any(name.startswith("-") for name in names):
        sys.exit(__doc__)
    files = [pathlib.Path(os.path.abspath(name)) for name in names] or documentation()
    blocks = [block for file in files for block in blocks_of(file)]
    folder = pathlib.Path(tempfile.mkdtemp())
    try:
        errors = [error for error in check(blocks, folder) if error]
    finally:
        shutil.rmtree(folder)
    sys.stdout.write("\n".join(errors))
    if errors:
        sys.exit("code-blocks.py: correct the blocks above, or add the names that they use to Tests/Documentation/Preamble.swift")


main()
