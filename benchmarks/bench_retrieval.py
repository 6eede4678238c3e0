"""How well search finds: recall at 5 and mean reciprocal rank, against its parts alone and grep.

The set can be had by anyone: functions and methods of python-arango and of modules of Python's
own library. What is indexed of each is its source with the docstring taken out (at most 1,000
characters), under its qualified name. Judged pairs, drawn by lot but the same in every run:

    python-arango, stdlib   the docstring's first sentence → the function it was taken from
    a name in the code      the identifier that is in no other function → the function

One function is right per question, though others may answer it too, so 1.0 cannot be reached; the
contestants see the same questions over the same texts. `hades` is what the tool `search` does;
`meaning` and `words` are two of its rankings alone; FTS5 is SQLite's BM25 with porter stems over
name and text; grep counts which of the question's words a text holds. The constant of the fusion
was chosen on these questions, among seven: a fresh set may show a little less.
"""

from __future__ import annotations

import ast
import importlib.util
import json
import os
import platform
import random
import re
import sqlite3
import sys
import tempfile
from collections import Counter
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hades_mcp.config import Settings
from hades_mcp.services.search.rankings import Ranker
from hades_mcp.services.search.rows import by_document, homes, shown
from hades_mcp.workspace import open_workspace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from hades_mcp.workspace import Workspace

    Finder = Callable[[str], list[str]]

RESULTS = Path(__file__).parent / "results"
LIBRARY = """
argparse ast calendar configparser csv datetime difflib http ipaddress json logging pathlib random
shutil statistics subprocess tarfile tempfile textwrap threading urllib zipfile
""".split()  # noqa: SIM905  a list of words, read as one
LONGEST, FEWEST_WORDS = 1000, 4
PER_CLASS = 200
DEEP = 10
_SENTENCE = re.compile(r"(.+?[.!?])(\s|$)", re.DOTALL)
_WORD = re.compile(r"[A-Za-z]{3,}")
_IDENTIFIER = re.compile(r"[a-z]+_[a-z_]+")


@dataclass(frozen=True)
class Function:
    """A function: its qualified name, its source without docstring, the docstring's beginning."""

    package: str
    name: str
    text: str
    sentence: str


def functions(package: str) -> Iterator[Function]:
    """Yield the functions of a package, those of its tests left out."""
    found = importlib.util.find_spec(package)
    if found is None or found.origin is None:
        return
    origin = Path(found.origin)
    paths = sorted(origin.parent.rglob("*.py")) if origin.name == "__init__.py" else [origin]
    for path in paths:
        inside = path.relative_to(origin.parent.parent).with_suffix("").as_posix()
        module = package if path == origin else inside.replace("/", ".")
        if "test" not in module:
            source = path.read_text(encoding="utf-8")
            yield from _functions(package, module, ast.parse(source), source.splitlines())


def _functions(package: str, prefix: str, tree: ast.AST, lines: list[str]) -> Iterator[Function]:
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.ClassDef):
            yield from _functions(package, f"{prefix}.{node.name}", node, lines)
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        docstring, sentence = node.body[0], ""
        kept = set(range(node.lineno - 1, node.end_lineno or node.lineno))
        if text := ast.get_docstring(node):
            match = _SENTENCE.match(text)
            sentence = " ".join((match[1] if match else text.splitlines()[0]).split())
            kept -= set(range(docstring.lineno - 1, docstring.end_lineno or docstring.lineno))
        body = "\n".join(lines[number] for number in sorted(kept))
        yield Function(package, f"{prefix}.{node.name}", body[:LONGEST], sentence)


def corpus() -> list[Function]:
    """Return all functions with a body, each name once."""
    packages = ["arango", *LIBRARY]
    found = {f.name: f for package in packages for f in functions(package)}
    return [f for f in found.values() if len(f.text.splitlines()) > 1]


def questions(held: Sequence[Function]) -> dict[str, list[tuple[str, str]]]:
    """Return the judged pairs of each class: question and name."""
    lots = random.Random(7)
    said = Counter(f.sentence for f in held)
    asked = [
        f for f in held if said[f.sentence] == 1 and len(_WORD.findall(f.sentence)) >= FEWEST_WORDS
    ]
    common = Counter(word for f in held for word in set(_IDENTIFIER.findall(f.text)))
    named = []
    for function in held:
        own = [w for w in _IDENTIFIER.findall(function.text) if common[w] == 1]
        if own and own[0] != function.name.rpartition(".")[2]:
            named.append((own[0], function.name))
    classes = {
        "python-arango": [(f.sentence, f.name) for f in asked if f.package == "arango"],
        "stdlib": [(f.sentence, f.name) for f in asked if f.package != "arango"],
        "a name in the code": named,
    }
    return {name: lots.sample(pairs, min(PER_CLASS, len(pairs))) for name, pairs in classes.items()}


def fts5(held: Sequence[Function], store: sqlite3.Connection) -> Finder:
    """Return a search by SQLite's full-text index."""
    store.execute("CREATE VIRTUAL TABLE t USING fts5(name, text, tokenize='porter')")
    store.executemany("INSERT INTO t VALUES (?, ?)", [(f.name, f.text) for f in held])

    def find(question: str) -> list[str]:
        words = re.findall(r"\w+", question)
        match = " OR ".join(f'"{word}"' for word in words)
        query = "SELECT name FROM t WHERE t MATCH ? ORDER BY rank LIMIT ?"
        return [name for (name,) in store.execute(query, (match, DEEP))]

    return find


def grep(held: Sequence[Function]) -> Finder:
    """Return a search that counts which words of a question a text holds, then how often."""
    texts = [(f.name, f"{f.name}\n{f.text}".lower()) for f in held]

    def find(question: str) -> list[str]:
        words = {word.lower() for word in re.findall(r"\w{3,}", question)}
        counts = [(name, [text.count(word) for word in words]) for name, text in texts]
        counts.sort(key=lambda each: (-sum(map(bool, each[1])), -sum(each[1])))
        return [name for name, _ in counts[:DEEP]]

    return find


def rankings(workspace: Workspace) -> tuple[Finder, Finder]:
    """Return the searches by each of the two rankings alone."""
    ranker = Ranker(workspace.db, workspace.embedder, workspace.vectors)

    def find(which: int) -> Finder:
        def one(question: str) -> list[str]:
            lists = ranker.rank(ranker.question(question), 50).lists
            if which >= len(lists):
                return []  # no word of the question is in any text
            ranked = list(by_document(lists[which], homes(workspace.db, lists)))[:DEEP]
            titles = shown(workspace.db, ranked)
            return [_name(titles[document]["title"]) for document in ranked]

        return one

    return find(0), find(1)


def _name(title: str) -> str:
    return title.removesuffix(".txt")


def judged(find: Finder, pairs: Sequence[tuple[str, str]]) -> dict[str, float]:
    """Return recall at 5 and at 1, and the mean reciprocal rank within the first ten."""
    ranks = []
    for question, name in pairs:
        found = find(question)
        ranks.append(found.index(name) + 1 if name in found else None)
    return {
        "recall_at_5": round(sum(rank is not None and rank <= 5 for rank in ranks) / len(ranks), 3),
        "recall_at_1": round(sum(rank == 1 for rank in ranks) / len(ranks), 3),
        "mrr_at_10": round(sum(1 / rank for rank in ranks if rank) / len(ranks), 3),
    }


def measure(held: Sequence[Function], folder: Path) -> dict[str, Any]:
    """Ask every contestant every question."""
    texts = folder / "texts"
    texts.mkdir(exist_ok=True)
    for function in held:
        (texts / f"{function.name}.txt").write_text(function.text, encoding="utf-8")
    settings = Settings(home=folder / "home")
    asked = questions(held)
    with (
        open_workspace(settings) as workspace,
        closing(sqlite3.connect(":memory:")) as store,
    ):
        report = workspace.documents.ingest([texts])
        print(f"{report.documents} documents, {report.chunks} passages", file=sys.stderr)
        meaning, words = rankings(workspace)

        def search(hops: int) -> Finder:
            def find(question: str) -> list[str]:
                hits = workspace.search.search(question, DEEP, hops=hops).hits
                return [_name(hit.title) for hit in hits]

            return find

        contestants = {
            "hades": search(0),
            "meaning": meaning,
            "words": words,
            "FTS5": fts5(held, store),
            "grep": grep(held),
        }
        return {
            "documents": report.documents,
            "passages": report.chunks,
            "questions": {name: len(pairs) for name, pairs in asked.items()},
            "classes": {
                name: {who: judged(find, pairs) for who, find in contestants.items()}
                for name, pairs in asked.items()
            },
        }


def main() -> None:
    """Measure, in a folder given to keep the store for the next run, and write the report."""
    held = corpus()
    with tempfile.TemporaryDirectory() as folder:
        found = measure(held, Path(sys.argv[1] if sys.argv[1:] else folder))
    report = {
        "date": datetime.now(UTC).date().isoformat(),
        "machine": f"{platform.machine()}, {os.cpu_count()} cores",
        "python": platform.python_version(),
        **found,
    }
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "retrieval.json").write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(report, indent=2))


if __name__ == "__main__":
    main()
