"""Requests for fuzzing: nearly right, with something wrong somewhere."""

from __future__ import annotations

import json
from random import Random
from typing import TYPE_CHECKING, Any, TypeAlias
from urllib.parse import quote

from hades_mcp.embedded.rest import covered

if TYPE_CHECKING:
    from collections.abc import Sequence

Asked: TypeAlias = tuple[str, str, dict[str, str], dict[str, str], bytes]
"""Method, path, parameters, headers and body of a request."""

ROUTES = [(method, path) for path, method, _ in covered()]
PREFIXES = ["/_db/other", "/_db/other", "/_db/nowhere", "/_db/_system", "/_db"]
METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "BREW", ""]
NAMES = [
    *(
        "things",
        "joins",
        "g",
        "v",
        "1",
        "a",
        "root",
        "ada",
        "_system",
        "other",
        "text_en",
        "vertex",
    ),
    *(
        "edge",
        "things/1",
        "joins/1",
        "_graphs",
        "_users",
        "_aqlfunctions",
        "0",
        "-1",
        "done",
        "all",
    ),
    *(
        "primary",
        "by_a",
        "*",
        "ns::f",
        "99999999999999999999",
        "",
        " ",
        "..",
        "\0",
        "\ud7ff",
        "ü😀",
    ),
]
PARAMS = [
    *("collection", "onlyget", "returnNew", "returnOld", "silent", "overwrite", "overwriteMode"),
    *(
        "keepNull",
        "mergeObjects",
        "ignoreRevs",
        "waitForSync",
        "rev",
        "type",
        "details",
        "complete",
    ),
    *("onDuplicate", "fromPrefix", "toPrefix", "vertex", "direction", "count", "stamp", "full"),
    *("excludeSystem", "withData", "withRevisions", "group", "namespace", "force", "withHidden"),
    *(
        "dropCollections",
        "dropCollection",
        "versionAttribute",
        "refillIndexCaches",
        "isSystem",
        "all",
    ),
]
ATTRIBUTES = [
    *("name", "type", "fields", "unique", "sparse", "query", "bindVars", "options", "batchSize"),
    *("count", "ttl", "cache", "memoryLimit", "collections", "write", "read", "exclusive", "user"),
    *("passwd", "active", "extra", "grant", "edgeDefinitions", "collection", "from", "to", "code"),
    *("orphanCollections", "_key", "_id", "_rev", "_from", "_to", "keyOptions", "schema", "rule"),
    *("computedValues", "expression", "links", "properties", "features", "locale", "case", "stem"),
    *(
        "mode",
        "maxResults",
        "isSmart",
        "satellites",
        "users",
        "username",
        "params",
        "metric",
        "nLists",
    ),
    *("dimension", "expireAfter", "geoJson", "minLength", "storedValues", "analyzer", "indexes"),
    *(
        "profile",
        "optimizer",
        "rules",
        "fullCount",
        "stream",
        "allowRetry",
        "maxRuntime",
        "allPlans",
    ),
    *(
        "usePlanCache",
        "isSystem",
        "increment",
        "offset",
        "allowUserKeys",
        "level",
        "message",
        "valid_until",
    ),
]
QUERIES = [
    *(
        "RETURN 1",
        "RETURN @a",
        "FOR t IN things RETURN t",
        "FOR t IN @@a RETURN t",
        "INSERT {} INTO things",
    ),
    *(
        "FOR i IN 1..9 UPSERT {a: i} INSERT {a: i} UPDATE {b: 1} IN things RETURN NEW",
        "",
        "FOR",
        "RETURN",
    ),
    *(
        "FOR v, e, p IN 1..3 ANY 'things/1' GRAPH 'g' RETURN p",
        "RETURN 1 / 0",
        "RETURN DOCUMENT(@a)",
    ),
    *("FOR d IN v SEARCH d.a == 1 RETURN d", "REMOVE @a IN things", "UPDATE @a WITH @a IN things"),
    *("RETURN ns::f(1)", "RETURN [[[[@a]]]]", "FOR t IN things COLLECT a = t.a INTO g RETURN g"),
]
HEADERS = {
    "if-match": ["*", "x", '"_abc"', "_aaaaaaa---"],
    "if-none-match": ["*", "x", "_aaaaaaa---"],
    "x-arango-trx-id": ["1", "2", "x", ""],
    "x-arango-async": ["store", "true", "false"],
    "content-encoding": ["gzip", "deflate", "identity", "br"],
    "authorization": ["Basic YWRhOng=", "Basic \xff", "bearer x.y.z", "bearer", "basic Og=="],
    "x-arango-allow-dirty-read": ["true"],
}
RAW = [
    *(
        b"",
        b"{",
        b"nul",
        b"\xff\xfe",
        b'"\\ud800"',
        b"[" * 5000 + b"]" * 5000,
        b'{"a":' * 900 + b"1",
    ),
    *(
        b"1e999",
        b"-" + b"9" * 5000,
        b"[1e-999, NaN]",
        b'{"a":1,"a":2}',
        b"\xef\xbb\xbf{}",
        b"{}\n{}",
    ),
    *(
        b'{"_key":"1"}\n{"_key":"2"}\nx',
        b'["_key","a"]\n["1",2]\n["1"]',
        b"[[[[[[[[]]]]]]]]",
        b"{}x",
    ),
    *(b'{"query":"RETURN ' + b"[" * 3000 + b'"}', b'{"query":"RETURN ' + b"1+" * 3000 + b'1"}'),
]

NUMBERS = [*range(-3, 13), 2**53, 2**63, 2**64, -(2**63), 10**30, 0.5, -1.5, 1e300, 5e-324]
FITTING = {
    "collection": ["things", "joins"],
    "name": ["things", "joins", "other", "ns::f", "mine"],
    "graph": ["g"],
    "kind": ["vertex", "edge"],
    "key": ["1", "2"],
    "id": ["1", "2", "by_a", "primary", "0", "done"],
    "batch": ["1", "2"],
    "user": ["ada", "root"],
    "database": ["_system", "other", "*"],
    "view": ["v"],
    "namespace": ["ns"],
}
"""What the variable parts of paths are called, and what may well stand there."""

DEFINITION = {"collection": "joins", "from": ["things"], "to": ["things"]}
GOOD: dict[str, list[Any]] = {
    "/_admin/server/mode": [{"mode": "readonly"}],
    "/_api/query/properties": [{"enabled": False, "slowQueryThreshold": 0}],
    "/_api/collection": [
        {"name": "mine"},
        {"name": "mine", "type": 3, "keyOptions": {"type": "uuid"}},
    ],
    "/_api/collection/{name}/properties": [{"schema": {"rule": {"type": "object"}}}],
    "/_api/collection/{name}/rename": [{"name": "mine"}],
    "/_api/cursor": [
        {"query": "FOR i IN 1..9 RETURN i", "batchSize": 2, "options": {"allowRetry": True}},
        {"query": "FOR t IN things RETURN t", "batchSize": 1, "options": {"stream": True}},
        {"query": "FOR t IN things RETURN t", "options": {"usePlanCache": True, "profile": 2}},
        {"query": "FOR t IN things LIMIT 1 RETURN @a", "bindVars": {"a": 1}, "cache": True},
        {"query": "FOR v IN 1..2 ANY 'things/1' joins RETURN v", "options": {"fullCount": True}},
    ],
    "/_api/database": [{"name": "mine", "users": [{"username": "ada"}]}],
    "/_api/document/{collection}": [
        {"_key": "2", "_from": "things/1", "_to": "things/1"},
        [{"_key": "1", "a": 2}, {"_key": "2"}, {"_key": "1", "_rev": "x"}],
        ["1", "2", {"_key": "1"}],
    ],
    "/_api/document/{collection}/{key}": [{"a": {"b": 1}, "_from": "things/1", "_to": "things/1"}],
    "/_api/explain": [{"query": "FOR t IN things FILTER t.a == @a RETURN t", "bindVars": {"a": 1}}],
    "/_api/gharial": [
        {"name": "h", "edgeDefinitions": [DEFINITION], "orphanCollections": ["mine"]}
    ],
    "/_api/gharial/{graph}/edge": [{"collection": "mine", "from": ["things"], "to": ["things"]}],
    "/_api/gharial/{graph}/vertex": [{"collection": "mine"}],
    "/_api/gharial/{graph}/edge/{collection}": [DEFINITION],
    "/_api/gharial/{graph}/{kind}/{collection}": [{"_from": "things/1", "_to": "things/1"}],
    "/_api/gharial/{graph}/{kind}/{collection}/{key}": [{"_from": "things/1", "_to": "things/1"}],
    "/_api/import": [
        [{"_key": "1"}, {"_key": "2", "_from": "things/1", "_to": "things/1"}],
        ["1", 2],
    ],
    "/_api/index": [
        {"type": "persistent", "fields": ["a", "b[*]"], "sparse": True, "storedValues": ["c"]},
        {"type": "geo", "fields": ["a"], "geoJson": True},
        {"type": "ttl", "fields": ["a"], "expireAfter": 10},
        {"type": "fulltext", "fields": ["a"], "minLength": 2},
        {"type": "inverted", "fields": ["a", {"name": "b", "analyzer": "text_en"}]},
        {"type": "mdi", "fields": ["a", "b"], "fieldValueTypes": "double"},
        {
            "type": "vector",
            "fields": ["a"],
            "params": {"metric": "l2", "dimension": 2, "nLists": 1},
        },
    ],
    "/_api/analyzer": [
        {"name": "mine", "type": "text", "properties": {"locale": "en"}, "features": []}
    ],
    "/_api/view": [
        {"name": "w", "type": "arangosearch", "links": {"things": {"includeAllFields": True}}},
        {
            "name": "w",
            "type": "search-alias",
            "indexes": [{"collection": "things", "index": "by_a"}],
        },
    ],
    "/_api/view/{view}/properties": [{"links": {"things": {"fields": {"a": {}}}}}],
    "/_api/view/{view}/rename": [{"name": "w"}],
    "/_api/query": [{"query": "FOR t IN things RETURN [@a, t]"}],
    "/_api/query-cache/properties": [{"mode": "on", "maxResults": 2}],
    "/_api/aqlfunction": [{"name": "ns::f", "code": "function (a) { return a; }"}],
    "/_api/transaction/begin": [{"collections": {"write": ["things"], "read": "joins"}}],
    "/_api/token/{user}": [{"name": "t", "valid_until": 9999999999}],
    "/_api/user": [{"user": "bob", "passwd": "x", "active": True, "extra": {}}],
    "/_api/user/{user}": [{"passwd": "y", "extra": {"a": 1}}],
    "/_api/user/{user}/database/{database}": [{"grant": "rw"}],
    "/_api/user/{user}/database/{database}/{collection}": [{"grant": "ro"}],
    "/_open/auth": [{"username": "ada", "password": "x"}],
}
"""Bodies that a path takes."""


class Chance:
    """Draws requests that are nearly right: known routes with something wrong somewhere.

    Hypothesis chooses the seed only: drawing each part by it takes longer than the answers.
    """

    def __init__(self, seed: int) -> None:
        self._random = Random(seed)

    def request(self) -> Asked:
        """Draw a request."""
        method, path = self._one(ROUTES)
        parts = [self._part(part) for part in path.strip("/").split("/")]
        if self._seldom(20):
            method = self._one(METHODS)
        if self._seldom(20):
            wrong = self._one(["", "x", "%", "%ff", "?"])
            parts.insert(self._random.randrange(len(parts) + 1), wrong)
        prefix = self._one(PREFIXES) if self._seldom(5) else ""
        params = {self._one(PARAMS): str(self._scalar()) for _ in range(self._random.randrange(3))}
        if path in {"/_api/index", "/_api/import"}:
            params.setdefault("collection", self._one(FITTING["collection"]))
        if path.startswith("/_api/edges"):
            params.setdefault("vertex", "things/1")
        headers = {}
        if self._seldom(8):
            name = self._one(sorted(HEADERS))
            headers[name] = self._one(HEADERS[name])
        return method, f"{prefix}/{'/'.join(parts)}", params, headers, self._body(path)

    def _body(self, path: str) -> bytes:
        if path in GOOD and not self._seldom(6):
            return json.dumps(self._spoiled(self._one(GOOD[path]))).encode()
        if self._seldom(3):
            return self._random.randbytes(self._random.randrange(40))
        if self._seldom(3):
            return self._random.choice(RAW)
        query = {"query": self._one(QUERIES), "bindVars": {"a": self._value(), "@a": self._value()}}
        return json.dumps(self._one([query, self._value(), {**query, "options": {}}])).encode()

    def _part(self, part: str) -> str:
        """Draw a part of a path: what may well stand there, or anything."""
        if not part.startswith("{"):
            return part
        fitting = NAMES if self._seldom(8) else FITTING[part.strip("{}")]
        return quote(self._one(fitting), safe="")

    def _spoiled(self, value: Any) -> Any:
        """Draw a value like another, but perhaps for some parts of it."""
        if self._seldom(8):
            return self._value()
        if isinstance(value, list):
            return [self._spoiled(each) for each in value]
        if not isinstance(value, dict):
            return value
        changed = {name: self._spoiled(each) for name, each in value.items()}
        if self._seldom(4):
            changed[self._one(ATTRIBUTES)] = self._value()
        if changed and self._seldom(10):
            changed.pop(self._one(list(changed)))
        return changed

    def _value(self, depth: int = 0) -> Any:
        kind = self._random.randrange(8)
        if kind == 0 and depth < 3:
            return [self._value(depth + 1) for _ in range(self._random.randrange(4))]
        if kind == 1 and depth < 3:
            names = [self._one(ATTRIBUTES) for _ in range(self._random.randrange(4))]
            return {name: self._value(depth + 1) for name in names}
        return self._scalar()

    def _scalar(self) -> Any:
        pools: list[list[Any]] = [[None, True, False], NUMBERS, NAMES, QUERIES, ATTRIBUTES]
        return self._one(self._one(pools))

    def _one(self, pool: Sequence[Any]) -> Any:
        return self._random.choice(pool)

    def _seldom(self, times: int) -> bool:
        return self._random.randrange(times) == 0
