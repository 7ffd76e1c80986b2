"""Extracts symbol graphs, lists of a module's public symbols, from the modules of the last debug build."""
import glob
import json
import os
import subprocess

root = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
products = ["SeppoMPI", "SeppoCheckpoint", "SeppoTesting"]
build = os.path.join(os.environ.get("SWIFTPM_BUILD_DIR", os.path.join(root, ".build")), "debug")


def import_flags():
    """Returns the compiler's options for importing a module of the last debug build."""
    mpi = subprocess.run(["mpicc", "-showme:compile"], capture_output=True, text=True, check=True).stdout.split()
    folders = [os.path.join(root, "Sources", folder) for folder in ("CMPI", "CFork", "CSharedMemory", "CStack")]
    folders += glob.glob(os.path.join(os.path.dirname(build), "checkouts", "GRDB.swift", "Sources", "GRDBSQLite"))
    flags = ["-I", os.path.join(build, "Modules")]
    for flag in mpi + ["-I" + folder for folder in folders]:
        flags += ["-Xcc", flag]
    return flags


def target():
    """Returns the triple for which the compiler compiles."""
    info = json.loads(subprocess.run(["swift", "-print-target-info"], capture_output=True, check=True).stdout)
    return info["target"]["triple"]


def extract(module, folder, *options):
    """Writes the symbol graphs of a module into a folder: one for its own types, and one for each module it extends."""
    command = ["swift", "symbolgraph-extract", "-module-name", module, "-target", target(),
               "-minimum-access-level", "public", "-skip-synthesized-members", "-output-dir", folder]
    subprocess.run(command + list(options) + import_flags(), check=True)


def graphs(module, folder):
    """Returns the path and content of each extracted symbol graph of a module."""
    for name in sorted(os.listdir(folder)):
        if name.split(".")[0].split("@")[0] == module and name.endswith(".symbols.json"):
            path = os.path.join(folder, name)
            with open(path) as file:
                yield path, json.load(file)


def is_for_message_only(symbol):
    """Returns whether a symbol exists only for the compiler's message to a user who has made a mistake."""
    return symbol["pathComponents"][0] == "MisusedParallel" or any(
        entry.get("isUnconditionallyUnavailable") for entry in symbol.get("availability", []))


def for_readers(graph):
    """Returns a graph without symbols that are not for readers: those that the compiler writes, or only uses in messages."""
    symbols = [
        symbol for symbol in graph["symbols"] if "location" in symbol and not is_for_message_only(symbol)]
    kept = {symbol["identifier"]["precise"] for symbol in symbols}
    owners = {relation["target"] for relation in graph["relationships"] if relation["source"] in kept}
    # An extension is a page of its own, if something is left in it.
    symbols = [
        symbol for symbol in symbols
        if symbol["kind"]["identifier"] != "swift.extension" or symbol["identifier"]["precise"] in owners]
    kept = {symbol["identifier"]["precise"] for symbol in symbols}
    hidden = {symbol["identifier"]["precise"] for symbol in graph["symbols"]} - kept
    relations = [
        relation for relation in graph["relationships"] if not {relation["source"], relation["target"]} & hidden]
    return graph | {"symbols": symbols, "relationships": relations}
