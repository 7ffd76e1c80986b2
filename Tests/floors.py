#!/usr/bin/env python3
"""Checks the arrows between the files of each target under Sources: who uses a name that who declares.

It fails on circles of folders, on circles of more than three files, and on imports that the table below doesn't allow; it
warns of long files. usage: floors.py [SOURCES] | floors.py --self-test
"""
import collections, pathlib, re, sys, tempfile

# What a target may import of this package, from the lowest floor to the highest.
FLOORS = {
    'CStack': [],
    'CMPI': [],
    'SeppoWire': ['CStack'],
    'SeppoTransport': ['CMPI'],
    'SeppoEngine': [],
    'SeppoProcess': [],
    'SeppoCompute': ['SeppoProcess', 'SeppoEngine'],
    'SeppoMPI': ['SeppoCompute', 'SeppoProcess', 'SeppoEngine', 'SeppoTransport', 'SeppoWire'],
    'SeppoCheckpoint': ['SeppoMPI', 'SeppoWire'],
    'SeppoTesting': ['SeppoMPI', 'SeppoProcess', 'SeppoTransport'],
}
# Targets whose files may form a circle, and why.
FILE_CIRCLES = {'SeppoWire': 'a coder is one algorithm: a value holds containers, which hold values'}
LONGEST_CIRCLE = 3  # files
LONGEST_FILE = 400  # lines

TOKEN = re.compile(r'"""(?:.|\n)*?"""|"(?:\\.|[^"\\\n])*"|//[^\n]*|/\*(?:.|\n)*?\*/')
MODIFIERS = r'^(?:@\S+\s+)*(?:(?:public|package|(private|fileprivate)|internal|final|indirect|open)\s+)*'
DECLARED = re.compile(MODIFIERS + r'(?:(?:class|struct|enum|protocol|actor)\s+([A-Z_]\w+)|func\s+(\w+))', re.M)
IMPORTED = re.compile(r'^[ \t]*(?:[@\w]+(?:\(.*?\))?[ \t]+)*?import[ \t]+(?:[a-z]+[ \t]+)?(\w+)', re.M)


def code(path):
    """The text of a file without comments and strings, but with what is interpolated."""
    def kept(token):
        return ' '.join(re.findall(r'\\\(([^()]*)\)', token[0])) if token[0][0] == '"' else ''
    return TOKEN.sub(kept, path.read_text())


def uses(texts):
    """The names by which a file uses another: {(user, declarer): names}. A name that several files declare is nobody's."""
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


def circles(arrows):
    """The sets of more than one node of which each reaches each other."""
    ahead = collections.defaultdict(set)
    for start, end in arrows:
        ahead[start].add(end)

    def reached(start):
        seen, rest = set(), [start]
        while rest:
            new = ahead[rest.pop()] - seen
            seen |= new
            rest += new
        return seen
    reach = {node: reached(node) for node in list(ahead)}
    rings = {frozenset(other for other in ends if node in reach.get(other, ())) for node, ends in reach.items()}
    return sorted((sorted(ring) for ring in rings if len(ring) > 1), key=len)


def told(ring, arrows, what):
    lines = [f'circle of {len(ring)} {what}']
    for (start, end), names in sorted(arrows.items()):
        if start in ring and end in ring:
            lines.append(f'    {start} -> {end}: {", ".join(sorted(names)[:4])}')
    return '\n'.join(lines)


def check(sources):
    """What is wrong, and what is only long."""
    wrong, long = [], []
    for target in sorted(folder for folder in sources.iterdir() if folder.is_dir()):
        name = target.name
        texts = {str(path.relative_to(target)): code(path) for path in sorted(target.rglob('*.swift'))}
        if name not in FLOORS:
            wrong.append(f'{name}: no floor in the table of floors.py')
        for file, text in texts.items():
            for other in sorted(set(IMPORTED.findall(text))):
                if other in FLOORS and other != name and other not in FLOORS.get(name, FLOORS):
                    wrong.append(f'{name}: {file} imports {other}')
            lines = (target / file).read_text().count('\n')
            if lines > LONGEST_FILE:
                long.append(f'{name}: {file} has {lines} lines')
        by_file = uses(texts)
        by_folder = collections.defaultdict(set)
        for ends, names in by_file.items():
            start, end = (str(pathlib.PurePath(file).parent) for file in ends)
            if start != end:
                by_folder[start, end] |= names
        wrong += [f'{name}: ' + told(ring, by_folder, 'folders') for ring in circles(by_folder)]
        if name not in FILE_CIRCLES:
            rings = [ring for ring in circles(by_file) if len(ring) > LONGEST_CIRCLE]
            wrong += [f'{name}: ' + told(ring, by_file, 'files') for ring in rings]
    return wrong, long


def self_test():
    def holds(files, *wanted):
        with tempfile.TemporaryDirectory() as folder:
            for path, text in files.items():
                path = pathlib.Path(folder, path)
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text)
            found = check(pathlib.Path(folder))[0]
        assert [line.split('\n')[0] for line in found] == list(wanted), found

    def ring(target, count):
        return {f'{target}/F{n}.swift': f'struct T{n} {{ let next: T{(n + 1) % count} }}' for n in range(count)}
    sound = {'SeppoMPI/A/Up.swift': 'package import SeppoWire\nstruct Up { let down: Down }',
             'SeppoMPI/B/Down.swift': '// Up\nstruct Down { let text = "Up" }', 'SeppoWire/C.swift': 'import CStack'}
    holds(sound)
    holds(sound | {'SeppoMPI/B/C.swift': 'func c() { print("\\(Up.self)") }'}, 'SeppoMPI: circle of 2 folders')
    holds(sound | {'SeppoWire/D.swift': '@preconcurrency import struct SeppoMPI.Up'},
          'SeppoWire: D.swift imports SeppoMPI')
    holds(ring('SeppoEngine', 3) | ring('SeppoWire', 9))
    holds(ring('SeppoEngine', 4), 'SeppoEngine: circle of 4 files')
    holds({'Seppo/A.swift': ''}, 'Seppo: no floor in the table of floors.py')


if sys.argv[1:] == ['--self-test']:
    self_test()
    sys.exit(print('floors.py: it finds what it must'))
wrong, long = check(pathlib.Path(*sys.argv[1:] or ['Sources']))
for line in wrong + [f'warning: {line}' for line in long]:
    print(line)
print(f'floors.py: {len(wrong)} wrong, {len(long)} long files')
sys.exit(bool(wrong))
