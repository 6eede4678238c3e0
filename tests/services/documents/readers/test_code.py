"""Source code of seven languages becomes types and functions, joined as they name each other."""

from __future__ import annotations

from textwrap import dedent
from typing import TYPE_CHECKING

import pytest

from hades_mcp.services.documents.readers.code import read_code
from hades_mcp.services.documents.readers.languages import GRAMMARS, is_installed
from hades_mcp.services.documents.readers.parsed import Unreadable
from hades_mcp.services.statements import rows

if TYPE_CHECKING:
    from pathlib import Path

    from arango.database import StandardDatabase

    from hades_mcp.services.documents.service import DocumentService

PROJECTS: dict[str, tuple[dict[str, str], dict[str, set[tuple[str, str]]]]] = {
    "javascript": (
        {
            "till.js": """
                import { Shelf } from './stock.js'
                import * as coins from './coins'
                /** Takes money. */
                export class Till extends Shelf {
                  // Gives change.
                  pay(amount) { return this.count(coins.change(amount)) }
                  count(n) { return n }
                }
                const open = () => new Till()
            """,
            "stock.js": "export class Shelf {}\n",
            "coins.js": "export function change(n) { return n }\n",
        },
        {
            "imports": {("till.js", "stock.js"), ("till.js", "coins.js")},
            "inherits": {("till.js#Till", "stock.js#Shelf")},
            "calls": {
                ("till.js#Till.pay", "till.js#Till.count"),
                ("till.js#Till.pay", "coins.js#change"),
                ("till.js#open", "till.js#Till"),
            },
        },
    ),
    "typescript": (
        {
            "till.ts": """
                import type { Shelf as Rack } from './stock'
                export interface Payable { pay(amount: number): number }
                export abstract class Till<T> extends Base implements Payable, Rack {
                  pay(amount: number): number { return change(amount) }
                }
                function change(n: number): number { return n }
                export class Base {}
            """,
            "stock.ts": "export interface Shelf { take(): void }\n",
        },
        {
            "imports": {("till.ts", "stock.ts")},
            "inherits": {
                ("till.ts#Till", "till.ts#Base"),
                ("till.ts#Till", "till.ts#Payable"),
                ("till.ts#Till", "stock.ts#Shelf"),
            },
            "calls": {("till.ts#Till.pay", "till.ts#change")},
        },
    ),
    "java": (
        {
            "shop/Till.java": """
                package shop;
                import shop.stock.Shelf;
                /** Takes money. */
                public class Till extends Shelf implements Payable {
                    public Till() {}
                    int pay(int amount) { return count(Coins.change(amount)); }
                    private int count(int n) { new Till(); return n; }
                }
            """,
            "shop/Coins.java": "package shop;\nclass Coins { static int change(int n) { } }",
            "shop/Payable.java": "package shop;\ninterface Payable { int pay(int amount); }\n",
            "shop/stock/Shelf.java": "package shop.stock;\npublic class Shelf {}\n",
        },
        {
            "imports": {("shop/Till.java", "shop/stock/Shelf.java")},
            "inherits": {
                ("shop/Till.java#Till", "shop/stock/Shelf.java#Shelf"),
                ("shop/Till.java#Till", "shop/Payable.java#Payable"),
            },
            "calls": {
                ("shop/Till.java#Till.pay", "shop/Till.java#Till.count"),
                ("shop/Till.java#Till.pay", "shop/Coins.java#Coins.change"),
                ("shop/Till.java#Till.count", "shop/Till.java#Till.Till"),
            },
        },
    ),
    "go": (
        {
            "go.mod": "module example.com/shop\n",
            "till.go": """
                package shop

                import (
                    "fmt"
                    "example.com/shop/coins"
                )

                // Till takes money.
                type Till struct{ open bool }

                // Pay gives change.
                func (t *Till) Pay(n int) int {
                    fmt.Println(n)
                    return count(coins.Change(n))
                }
            """,
            "count.go": "package shop\n\nfunc count(n int) int { return n }\n",
            "coins/coins.go": "package coins\n\nfunc Change(n int) int { return n }\n",
        },
        {
            "imports": {("till.go", "coins/coins.go")},
            "calls": {
                ("till.go#Till.Pay", "count.go#count"),
                ("till.go#Till.Pay", "coins/coins.go#Change"),
            },
        },
    ),
    "rust": (
        {
            "src/lib.rs": """
                mod coins;
                use crate::coins::{change, Coin};
                /// Takes money.
                #[derive(Debug)]
                pub struct Till { open: bool }
                pub trait Payable { fn pay(&self, n: u32) -> u32; }
                impl Payable for Till {
                    fn pay(&self, n: u32) -> u32 { Self::count(change(n)) }
                }
                impl Till { fn count(n: u32) -> u32 { coins::halve(n) } }
            """,
            "src/coins.rs": """
                pub struct Coin;
                pub fn change(n: u32) -> u32 { n }
                pub fn halve(n: u32) -> u32 { n / 2 }
            """,
        },
        {
            "imports": {("src/lib.rs", "src/coins.rs")},
            "inherits": {("src/lib.rs#Till", "src/lib.rs#Payable")},
            "calls": {
                ("src/lib.rs#Till.pay", "src/lib.rs#Till.count"),
                ("src/lib.rs#Till.pay", "src/coins.rs#change"),
                ("src/lib.rs#Till.count", "src/coins.rs#halve"),
            },
        },
    ),
    "c": (
        {
            "till.c": """
                #include <stdio.h>
                #include "coins.h"
                /* Takes money. */
                static struct cup *pay(int n) { printf("%d", n); change(n); return 0; }
                struct till { int open; };
            """,
            "coins.h": "int change(int n);\nstruct coin { int worth; };\n",
            "coins.c": '#include "coins.h"\nint change(int n) { return n; }\n',
        },
        {
            "imports": {("till.c", "coins.h"), ("coins.c", "coins.h")},
            "calls": {("till.c#pay", "coins.c#change")},
        },
    ),
    "cpp": (
        {
            "till.cpp": """
                #include "shelf.hpp"
                namespace shop {
                // Takes money.
                template <class T> class Till : public Shelf { int pay(int n) { return count(n); }
                  int count(int n) { return n; } };
                }
                int Shelf::take() { return 1; }
            """,
            "shelf.hpp": "class Shelf { public: int take(); };\n",
        },
        {
            "imports": {("till.cpp", "shelf.hpp")},
            "inherits": {("till.cpp#Till", "shelf.hpp#Shelf")},
            "calls": {("till.cpp#Till.pay", "till.cpp#Till.count")},
        },
    ),
}
_EDGES = """
FOR e IN @@kind RETURN [DOCUMENT(e._from).qualified_name, DOCUMENT(e._to).qualified_name]
"""


def put(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(dedent(text).lstrip("\n"))


def found(db: StandardDatabase, folder: Path, kind: str) -> set[tuple[str, str]]:
    edges = rows(db, _EDGES, {"@kind": kind})
    return {
        (a.removeprefix(f"{folder.as_posix()}/"), b.removeprefix(f"{folder.as_posix()}/"))
        for a, b in edges
    }


@pytest.mark.parametrize("language", PROJECTS)
def test_code_is_joined_as_it_names_each_other(
    documents: DocumentService, db: StandardDatabase, tmp_path: Path, language: str
) -> None:
    files, expected = PROJECTS[language]
    put(tmp_path, files)
    assert documents.ingest([tmp_path]).skipped == []
    got = {kind: found(db, tmp_path, kind) for kind in ("imports", "inherits", "calls")}
    assert got == {kind: expected.get(kind, set()) for kind in got}
    # a file alone is linked with what was stored before
    for name in files:
        assert documents.ingest([tmp_path / name]).unchanged == 1, name


@pytest.mark.parametrize("language", PROJECTS)
def test_a_definition_keeps_its_comment_and_signature_but_not_its_body(
    tmp_path: Path, language: str
) -> None:
    files = PROJECTS[language][0]
    name = next(name for name in files if "ill" in name or "lib" in name)
    parsed = read_code(tmp_path / name, dedent(files[name]))
    parts = {part.name.partition("#")[2].lower(): part for part in parsed.parts}
    pay = parts["pay" if language == "c" else "till.pay"]
    assert pay.kind == ("function" if language == "c" else "method")
    assert "(" in pay.text
    assert "count(" not in pay.text
    assert not pay.text.endswith("{")
    assert language == "typescript" or any("akes money" in part.text for part in parts.values())


def test_code_in_another_language_than_its_suffix_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Unreadable, match="not Java"):
        read_code(tmp_path / "a.java", "%PDF ))) <<< >>> ((( " * 50)


def test_a_small_slip_does_not_cost_the_file(tmp_path: Path) -> None:
    text = "function good() { return 1 }\n" * 20 + "x.y.;\nfunction last() {}\n"
    names = [part.name.partition("#")[2] for part in read_code(tmp_path / "a.js", text).parts]
    assert names == ["", "good", "last"]


def test_nesting_without_end_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Unreadable, match="nested too deep"):
        read_code(tmp_path / "a.js", "f(" * 3000 + ")" * 3000)


def test_every_grammar_of_the_extra_is_here() -> None:
    assert all(is_installed(grammar) for grammar in GRAMMARS.values())
