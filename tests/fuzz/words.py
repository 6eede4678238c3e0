"""The words bad queries are made of, and how good queries are spoiled."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

from hades_mcp.embedded.aql.tokens import KEYWORDS
from hades_mcp.embedded.rest.server import covered

if TYPE_CHECKING:
    from random import Random

FIXTURES = Path(__file__).parent.parent / "embedded/aql/fixtures"
_PIECE = re.compile(
    r"""\s+|\w+|"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`[^`]*`|@@?\w+|[=!<>]=|[=!]~|&&|\|\||\.\.|::|.""",
    re.DOTALL,
)
SOFT = ["KEEP", "COUNT", "OPTIONS", "PRUNE", "SEARCH", "TO", "CURRENT", "NEW", "OLD", "AT", "LEAST"]
SIGNS = "= ! == != =~ !~ < > <= >= + - * / % ? : :: .. . , ( ) { } [ ] && || [*] [**] [?] ?: [] {}"
LITERALS = (
    *("0", "1", "-1", "2", "0.5", "1e308", "1e309", "9223372036854775807", "9223372036854775808"),
    *(
        "0b101",
        "0xff",
        "''",
        "'a'",
        '"\\ud800"',
        "'\\u0000'",
        "null",
        "true",
        "false",
        "'people/ann'",
    ),
    *(
        "[1, 2, 3]",
        "{a: 1}",
        "[[1, [2]], {b: [3]}]",
        "people",
        "knows",
        "@a",
        "@b",
        "@@c",
        "CURRENT",
    ),
    *("'2024-02-30'", "'P1Y2M3DT4H'", "'^(a|b)*$'", "'%_\\\\'", "'äöüß😀'", "//", "/*", "*/", "\\"),
)


def seeds() -> list[str]:
    """Return the queries of our fixtures."""
    rows = [
        json.loads(line)["query"]
        for name in ("operations.jsonl", "functions.jsonl")
        for line in (FIXTURES / name).read_text("utf-8").splitlines()
    ]
    return rows + [path.read_text("utf-8") for path in sorted((FIXTURES / "rules").glob("*.aql"))]


def pieces(text: str) -> list[str]:
    """Cut a query into words, signs, literals and white space."""
    return _PIECE.findall(text)


VOCABULARY = [*KEYWORDS, *SOFT, *SIGNS.split(), *LITERALS]


def spoiled(text: str, random: Random, others: list[str]) -> str:
    """Change some pieces of a query: drop, double, swap, replace, or graft some of another one."""
    parts = pieces(text)
    for _ in range(random.randint(1, 4)):
        at = random.randrange(len(parts) + 1)
        match random.randrange(6):
            case 0:
                del parts[at : at + random.randint(1, 4)]
            case 1:
                parts[at:at] = parts[max(0, at - random.randint(1, 6)) : at]
            case 2:
                parts.insert(at, f" {random.choice(VOCABULARY)} ")
            case 3:
                parts[at : at + 1] = [random.choice(VOCABULARY)]
            case 4:
                other = pieces(random.choice(others))
                start = random.randrange(len(other) + 1)
                parts[at:at] = [" ", *other[start : start + random.randint(1, 12)], " "]
            case _:
                to = random.randrange(len(parts) + 1)
                moved = parts[at : at + 3]
                del parts[at : at + 3]
                parts[to:to] = moved
    return "".join(parts)


NAMES = ("people", "knows", "_system", "ann", "social", "123", "primary", "%00", "ä", "a/b", "")
VALUES: tuple[object, ...] = (
    *(None, True, 0, -1, 2**63, 1e308, "", "people", "knows", "people/ann", "RETURN 1", [], {}),
    *([None], [{}], [{"_key": "ann"}, 1], {"_key": "ann"}, {"type": "persistent", "fields": ["a"]}),
    *(
        {"_from": "people/ann", "_to": "people/ann"},
        ["a"],
        {"a": [{"b": None}]},
        "a" * 300,
        "\ud800",
    ),
)
ATTRIBUTES = (
    *("query", "bindVars", "batchSize", "options", "name", "type", "fields", "_key", "collections"),
    *(
        "write",
        "read",
        "edgeDefinitions",
        "collection",
        "from",
        "to",
        "links",
        "count",
        "ttl",
        "stream",
    ),
    *(
        "keyOptions",
        "schema",
        "unique",
        "sparse",
        "expireAfter",
        "user",
        "passwd",
        "active",
        "grant",
    ),
)
PARAMETERS = (
    *("returnNew", "overwriteMode", "waitForSync", "collection", "type", "complete", "details"),
    *("rev", "keepNull", "onlyget", "excludeSystem", "graph", "force", "direction", "vertex"),
)


def asked(data: bytes) -> tuple[str, str, bytes]:
    """Read a request from bytes: method and path in the first line, then the body."""
    line, _, body = data.partition(b"\n")
    method, _, path = line.decode("utf-8", "replace").partition(" ")
    return method, path, body


def _body(random: Random) -> bytes:
    if random.random() < 0.1:
        return random.choice(
            [b"", b"{", b"\xff\xfe", b"nul", b'{"a":1}\n{"a":', b"[" * 5_000, b"NaN"]
        )
    if random.random() < 0.3:
        return json.dumps(random.choice(VALUES)).encode()
    names = random.sample(ATTRIBUTES, random.randint(1, 4))
    return json.dumps({name: random.choice(VALUES) for name in names}).encode()


def spoiled_request(data: bytes, random: Random) -> bytes:
    """Change a request, or make another one for something the server covers."""
    method, path, body = asked(data)
    if random.random() < 0.7 or not path:
        path, method, _ = random.choice(covered())
        path = re.sub(r"\{[^}]*\}", lambda _: random.choice(NAMES), path)
    if random.random() < 0.3:
        path += f"?{random.choice(PARAMETERS)}={random.choice(['true', '', '1', 'x', '%ff', '-1'])}"
    if random.random() < 0.8:
        body = _body(random)
    return f"{method} {path}\n".encode() + body
