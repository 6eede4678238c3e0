"""Python source becomes symbols and edges."""

from __future__ import annotations

from textwrap import dedent
from typing import TYPE_CHECKING

import pytest

from hades_mcp.services.documents.readers.parsed import Parsed, Reference, Unreadable
from hades_mcp.services.documents.readers.python import module_name, read_python

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def package(tmp_path: Path) -> Path:
    folder = tmp_path / "shop" / "till"
    folder.mkdir(parents=True)
    for parent in (tmp_path / "shop", folder):
        (parent / "__init__.py").touch()
    return folder


def read(path: Path, source: str) -> Parsed:
    return read_python(path, dedent(source))


def targets(parsed: Parsed, kind: str, origin: str) -> list[tuple[str, ...]]:
    return [r.targets for r in parsed.references if (r.kind, r.origin) == (kind, origin)]


def test_a_module_is_named_by_the_packages_around_it(package: Path, tmp_path: Path) -> None:
    assert module_name(package / "desk.py") == "shop.till.desk"
    assert module_name(package / "__init__.py") == "shop.till"
    assert module_name(tmp_path / "script.py") == "script"


def test_symbols_carry_signature_docstring_and_place(tmp_path: Path) -> None:
    parsed = read(
        tmp_path / "desk.py",
        '''
        """Sells things."""

        class Desk(Base, metaclass=Meta):
            """Where one pays."""

            @property
            def total(self) -> int:
                """Sum so far."""
                return 1

        async def pay(amount: int, *, tip: int = 0) -> None:
            pass
        ''',
    )
    found = {part.name: part for part in parsed.parts}
    assert {name: part.kind for name, part in found.items()} == {
        "desk": "module",
        "desk.Desk": "class",
        "desk.Desk.total": "method",
        "desk.pay": "function",
    }
    assert found["desk"].text == "Sells things.\n\nDefines: Desk, pay"
    assert found["desk.Desk"].text == "class Desk(Base, metaclass=Meta)\nWhere one pays."
    assert found["desk.Desk.total"].text == "@property\ndef total(self) -> int\nSum so far."
    assert found["desk.pay"].text == "async def pay(amount: int, *, tip: int=0) -> None"
    assert (found["desk.pay"].line, found["desk.pay"].end_line) == (12, 13)


def test_edges_follow_imports_bases_and_self(package: Path) -> None:
    parsed = read(
        package / "desk.py",
        """
        import os.path
        import json as j
        from . import coins
        from ..stock import Shelf as S, count

        class Desk(S):
            def open(self):
                self.close()
                super().open()
                coins.sort(j.loads(count()))

            def close(self):
                def inner():
                    os.path.join(local_unknown())
                return inner
        """,
    )
    desk = "shop.till.desk"
    assert targets(parsed, "imports", desk) == [
        ("os.path",),
        ("json",),
        ("shop.till.coins", "shop.till"),
        ("shop.stock.Shelf", "shop.stock"),
        ("shop.stock.count", "shop.stock"),
    ]
    assert targets(parsed, "inherits", f"{desk}.Desk") == [("shop.stock.Shelf",)]
    assert targets(parsed, "calls", f"{desk}.Desk.open") == [
        (f"{desk}.Desk.close",),
        (f"{desk}.Desk.super().open",),
        ("shop.till.coins.sort",),
        ("json.loads",),
        ("shop.stock.count",),
    ]
    assert targets(parsed, "calls", f"{desk}.Desk.close") == [("os.path.join",)]
    assert targets(parsed, "contains", "shop.till") == [(desk,)]


def test_a_package_imports_relative_to_itself_and_offers_names(package: Path) -> None:
    parsed = read(package / "__init__.py", "from .desk import Desk\nfrom .. import stock\n")
    assert parsed.aliases == {
        "shop.till.Desk": "shop.till.desk.Desk",
        "shop.till.stock": "shop.stock",
    }


def test_definitions_under_conditions_count_and_the_documented_one_wins(tmp_path: Path) -> None:
    parsed = read(
        tmp_path / "m.py",
        '''
        try:
            def fast(x): return helper(x)
        except ImportError:
            def fast(x):
                """Slow but sure."""
        def helper(x): pass
        match fast(1):
            case 1:
                def matched(): pass
        ''',
    )
    texts = {part.name: part.text for part in parsed.parts}
    assert texts["m.fast"] == "def fast(x)\nSlow but sure."
    assert "m.matched" in texts
    assert targets(parsed, "calls", "m") == [("m.fast",)]
    assert targets(parsed, "calls", "m.fast") == [("m.helper",)]


def test_each_edge_is_listed_once(tmp_path: Path) -> None:
    parsed = read(tmp_path / "m.py", "def f(): pass\ndef g():\n    f(); f(); f()\n")
    assert targets(parsed, "calls", "m.g") == [("m.f",)]
    assert Reference("contains", "m", ("m.g",)) in parsed.references


@pytest.mark.parametrize("source", ["def broken(:\n", "print 'two'\n"])
def test_what_is_not_python_is_unreadable(tmp_path: Path, source: str) -> None:
    with pytest.raises(Unreadable, match="not Python"):
        read(tmp_path / "bad.py", source)


def test_odd_escapes_in_other_people_s_code_raise_no_warning(tmp_path: Path) -> None:
    assert read(tmp_path / "odd.py", "x = '\\d'\n").parts
