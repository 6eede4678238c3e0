"""Names are looked up as Python and Markdown mean them."""

from __future__ import annotations

import pytest

from hades_mcp.services.documents.linking import Linker, Names
from hades_mcp.services.documents.readers.parsed import EdgeKind, Reference

SHAPES = Names(
    "/p/shapes.py",
    {
        "p.shapes": "module",
        "p.shapes.Shape": "class",
        "p.shapes.Shape.area": "method",
        "p.shapes.Square": "class",
        "p.shapes.helper": "function",
    },
    {},
    {"p.shapes.Square": ["p.shapes.Shape"]},
)
PACKAGE = Names("/p/__init__.py", {"p": "module"}, {"p.Sq": "p.shapes.Square"}, {})
USER = Names(
    "/p/use.py",
    {"p.use": "module", "p.use.f": "function", "p.use.Own": "class"},
    {"p.use.a": "p.use.b", "p.use.b": "p.use.a"},
    {"p.use.Own": ["p.Sq"], "p.use.Loop": ["p.use.Loop"]},
)


def target(kind: EdgeKind, *names: str, origin: str = "p.use.f") -> str | None:
    ends = Linker([SHAPES, PACKAGE, USER]).edge(USER.path, Reference(kind, origin, names))
    return ends[1].name if ends else None


@pytest.mark.parametrize(
    ("kind", "name", "expected"),
    [
        ("calls", "p.shapes.helper", "p.shapes.helper"),
        ("calls", "p.Sq", "p.shapes.Square"),  # offered by the package under another name
        ("calls", "p.Sq.area", "p.shapes.Shape.area"),  # offered, and inherited
        ("calls", "p.use.Own.area", "p.shapes.Shape.area"),  # inherited twice over
        ("calls", "p.use.Own.super().area", "p.shapes.Shape.area"),
        ("calls", "p.shapes", None),  # a module is not called
        ("calls", "os.path.join", None),
        ("inherits", "p.Sq", "p.shapes.Square"),
        ("inherits", "p.shapes.helper", None),
        ("imports", "p.shapes", "p.shapes"),
        ("calls", "p.use.a.x", None),  # aliases in a circle end
        ("calls", "p.use.Loop.x", None),  # and so do bases
    ],
)
def test_a_name_leads_to_what_python_would_find(
    kind: EdgeKind, name: str, expected: str | None
) -> None:
    assert target(kind, name) == expected


def test_the_first_known_target_wins() -> None:
    assert target("imports", "p.shapes.helper", "p.shapes", "p") == "p.shapes"


def test_recursion_is_a_call_but_nothing_imports_itself() -> None:
    assert target("calls", "p.use.f") == "p.use.f"
    assert target("imports", "p.use", origin="p.use") is None


def test_an_edge_may_begin_in_another_file() -> None:
    assert target("contains", "p.use", origin="p") == "p.use"


def test_two_copies_of_a_package_are_each_linked_within_themselves() -> None:
    files = [
        Names(f"/{copy}/m.py", {"m": "module", "m.f": "function"}, {}, {})
        for copy in ("one", "two")
    ]
    for copy in ("one", "two"):
        ends = Linker(files).edge(f"/{copy}/m.py", Reference("contains", "m", ("m.f",)))
        assert ends is not None
        assert {end.path for end in ends} == {f"/{copy}/m.py"}
