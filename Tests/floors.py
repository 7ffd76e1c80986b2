#!/usr/bin/env python3
"""Checks the dependencies between the files of each target under Sources: which file uses a name that another declares.

Fails on cycles of folders, on cycles of more than three files, and on imports that the table below doesn't allow; warns
about long files. usage: floors.py [SOURCES] | floors.py --self-test
"""
import collections, pathlib, re, sys, tempfile

# The targets of this package that a target may import, from the lowest layer to the highest.
ALLOWED_IMPORTS = {
    'CStack': [],
    'CSharedMemory': [],
    'CFork': [],
    'CMPI': [],
    'SeppoWire': ['CStack'],
    'SeppoTransport': ['CMPI'],
    'SeppoEngine': [],
    'SeppoTelemetry': [],
    'SeppoSystem': ['CFork'],
    'SeppoLaunch': ['SeppoSystem'],
    'seppo-launch': ['SeppoLaunch', 'SeppoSystem'],
    'SeppoProcess': ['SeppoSystem', 'CSharedMemory', 'CStack', 'CFork'],
    'SeppoCompute': ['SeppoProcess', 'SeppoEngine'],
    'SeppoMPI': ['SeppoCompute', 'SeppoProcess', 'SeppoEngine', 'SeppoTransport', 'SeppoWire', 'SeppoTelemetry'],
    'SeppoCheckpoint': ['SeppoMPI', 'SeppoWire'],
    'SeppoTesting': ['SeppoMPI', 'SeppoProcess', 'SeppoTransport'],
}
# Targets whose files may form a cycle, and why.
ALLOWED_FILE_CYCLES = {'SeppoWire': 'a coder is one algorithm: values contain containers, which contain values'}
LONGEST_CYCLE = 3  # files
LONGEST_FILE = 400  # lines

TOKEN = re.compile(r'"""(?:.|\n)*?"""|"(?:\\.|[^"\\\n])*"|//[^\n]*|/\*(?:.|\n)*?\*/')
MODIFIERS = r'^(?:@\S+\s+)*(?:(?:public|package|(private|fileprivate)|internal|final|indirect|open)\s+)*'
DECLARED = re.compile(MODIFIERS + r'(?:(?:class|struct|enum|protocol|actor)\s+([A-Z_]\w+)|func\s+(\w+))', re.M)
IMPORTED = re.compile(r'^[ \t]*(?:[@\w]+(?:\(.*?\))?[ \t]+)*?import[ \t]+(?:[a-z]+[ \t]+)?(\w+)', re.M)


def code(path):
    """Returns the text of a file without comments and string literals, but with interpolations."""
    def kept(token):
        return ' '.join(re.findall(r'\\\(([^()]*)\)', token[0])) if token[0][0] == '"' else ''
    return TOKEN.sub(kept, path.read_text())


def uses(texts):
    """Returns the names by which a file uses another: {(user, declarer): names}. Ambiguous names are ignored."""
    homes, own = collections.defaultdict(set), collections.defaultdict(set)
    for file, text in texts.items():
        for private, kind, function in DECLARED.findall(text):
            own[file].add(kind or function)
            if not private:
                homes[kind or function].add(file)
    found = collections.defaultdict(set)
    for file, text in texts.items():
        for word in (set(re.findall(r'\w+', text)) & homes.keys()) - own[file]:
            if len(homes[word]) == 1:
                found[file, *homes[word]].add(word)
    return found


def cycles(edges):
    """Returns the strongly connected components of more than one node."""
    ahead = collections.defaultdict(set)
    for start, end in edges:
        ahead[start].add(end)

    def reached(start):
        seen, rest = set(), [start]
        while rest:
            new = ahead[rest.pop()] - seen
            seen |= new
            rest += new
        return seen
    reach = {node: reached(node) for node in list(ahead)}
    cycles_found = {frozenset(other for other in ends if node in reach.get(other, ())) for node, ends in reach.items()}
    return sorted((sorted(cycle) for cycle in cycles_found if len(cycle) > 1), key=len)


def described(cycle, edges, what):
    lines = [f'cycle of {len(cycle)} {what}']
    for (start, end), names in sorted(edges.items()):
        if start in cycle and end in cycle:
            lines.append(f'    {start} -> {end}: {", ".join(sorted(names)[:4])}')
    return '\n'.join(lines)


def check(sources):
    """Returns the errors, and the warnings about long files."""
    errors, warnings = [], []
    for target in sorted(folder for folder in sources.iterdir() if folder.is_dir()):
        name = target.name
        # Programs in a documentation catalogue are not compiled with the target.
        texts = {
            str(path.relative_to(target)): code(path)
            for path in sorted(target.rglob('*.swift')) if f'{name}.docc' not in path.parts}
        if name not in ALLOWED_IMPORTS:
            errors.append(f'{name}: not in the table of floors.py')
        for file, text in texts.items():
            for other in sorted(set(IMPORTED.findall(text))):
                allowed = ALLOWED_IMPORTS.get(name, ALLOWED_IMPORTS)
                if other in ALLOWED_IMPORTS and other != name and other not in allowed:
                    errors.append(f'{name}: {file} imports {other}')
            lines = (target / file).read_text().count('\n')
            if lines > LONGEST_FILE:
                warnings.append(f'{name}: {file} has {lines} lines')
        by_file = uses(texts)
        by_folder = collections.defaultdict(set)
        for ends, names in by_file.items():
            start, end = (str(pathlib.PurePath(file).parent) for file in ends)
            if start != end:
                by_folder[start, end] |= names
        errors += [f'{name}: ' + described(cycle, by_folder, 'folders') for cycle in cycles(by_folder)]
        if name not in ALLOWED_FILE_CYCLES:
            cycles_found = [cycle for cycle in cycles(by_file) if len(cycle) > LONGEST_CYCLE]
            errors += [f'{name}: ' + described(cycle, by_file, 'files') for cycle in cycles_found]
    return errors, warnings


def self_test():
    def holds(files, *wanted):
        with tempfile.TemporaryDirectory() as folder:
            for path, text in files.items():
                path = pathlib.Path(folder, path)
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text)
            found = check(pathlib.Path(folder))[0]
        assert [line.split('\n')[0] for line in found] == list(wanted), found

    def cycle(target, count):
        return {f'{target}/F{n}.swift': f'struct T{n} {{ let next: T{(n + 1) % count} }}' for n in range(count)}
    sound = {'SeppoMPI/A/Up.swift': 'package import SeppoWire\nstruct Up { let down: Down }',
             'SeppoMPI/B/Down.swift': '// Up\nstruct Down { let text = "Up" }', 'SeppoWire/C.swift': 'import CStack'}
    holds(sound)
    holds(sound | {'SeppoMPI/B/C.swift': 'func c() { print("\\(Up.self)") }'}, 'SeppoMPI: cycle of 2 folders')
    holds(sound | {'SeppoWire/D.swift': '@preconcurrency import struct SeppoMPI.Up'},
          'SeppoWire: D.swift imports SeppoMPI')
    holds(cycle('SeppoEngine', 3) | cycle('SeppoWire', 9))
    holds(cycle('SeppoEngine', 4), 'SeppoEngine: cycle of 4 files')
    holds({'Seppo/A.swift': ''}, 'Seppo: not in the table of floors.py')


if sys.argv[1:] == ['--self-test']:
    self_test()
    sys.exit(print('floors.py: the self-test passed'))
errors, warnings = check(pathlib.Path(*sys.argv[1:] or ['Sources']))
for line in errors + [f'warning: {line}' for line in warnings]:
    print(line)
print(f'floors.py: {len(errors)} errors, {len(warnings)} warnings')
sys.exit(bool(errors))
