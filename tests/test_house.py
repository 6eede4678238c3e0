"""The house laws: sizes, captions, names, cycles, and no trace of the machine it was built on."""

from __future__ import annotations

import ast
import re
import statistics
import subprocess
from functools import cache
from pathlib import Path

import grimp

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src" / "hades_mcp"
MODULES = sorted(SOURCE.rglob("*.py"))
VAGUE = {"utils", "util", "helpers", "helper", "common", "misc", "manager"}

type_of_function = ast.FunctionDef | ast.AsyncFunctionDef


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


@cache
def functions(path: Path) -> list[type_of_function]:
    return [node for node in ast.walk(tree(path)) if isinstance(node, type_of_function)]


def length(function: type_of_function) -> int:
    return (function.end_lineno or function.lineno) - function.lineno + 1


def lines(path: Path) -> int:
    return len(path.read_text(encoding="utf-8").splitlines())


def name(path: Path) -> str:
    return str(path.relative_to(SOURCE))


def test_no_file_is_longer_than_500_lines() -> None:
    assert not {name(path): lines(path) for path in MODULES if lines(path) > 500}


def test_every_module_opens_with_one_sentence_that_says_what_it_is() -> None:
    captions = {name(path): ast.get_docstring(tree(path)) or "" for path in MODULES}
    assert not [path for path, caption in captions.items() if not caption], "no docstring"
    firsts = {path: caption.splitlines()[0] for path, caption in captions.items()}
    assert not {path: first for path, first in firsts.items() if not re.search(r"[.`:!?]$", first)}


def test_no_function_is_longer_than_60_lines() -> None:
    sizes = {f"{name(path)}:{f.lineno}": length(f) for path in MODULES for f in functions(path)}
    assert not {place: size for place, size in sizes.items() if size > 60}


def test_every_function_says_what_it_returns() -> None:
    returns = {f"{name(path)}:{f.lineno}": f.returns for path in MODULES for f in functions(path)}
    assert not [place for place, annotation in returns.items() if annotation is None]


def test_no_module_has_a_name_that_says_nothing() -> None:
    parts = {name(path): path.relative_to(SOURCE).with_suffix("").parts for path in MODULES}
    assert not [path for path, named in parts.items() if VAGUE & set(named)]


def test_the_median_file_and_function_stay_small() -> None:
    assert statistics.median(lines(path) for path in MODULES) <= 160
    assert statistics.median(length(f) for path in MODULES for f in functions(path)) <= 10


def test_no_two_modules_import_each_other() -> None:
    graph = grimp.build_graph("hades_mcp", exclude_type_checking_imports=True)
    cycles = {
        tuple(sorted((module, other)))
        for module in graph.modules
        for other in graph.find_modules_directly_imported_by(module)
        if graph.chain_exists(other, module)
    }
    # A package may name its own modules, and they it: that is one room, not a cycle.
    between_rooms = {
        (a, b) for a, b in cycles if not (a.startswith(f"{b}.") or b.startswith(f"{a}."))
    }
    assert not between_rooms


def test_the_root_offers_at_most_twenty_names() -> None:
    import hades_mcp

    assert len(hades_mcp.__all__) <= 20
    for exported in hades_mcp.__all__:
        assert getattr(hades_mcp, exported) is not None


def test_nothing_committed_names_the_machine_it_was_built_on() -> None:
    tracked = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False
    ).stdout.split("\0")
    machine = re.compile(r"/work/(?:main|shared|\.library)|(?<!user)/root/|/opt/pypi")
    named = [
        path
        for path in tracked
        if path
        and (ROOT / path).is_file()
        and path != "tests/test_house.py"
        and machine.search((ROOT / path).read_text(encoding="utf-8", errors="replace"))
    ]
    assert not named
