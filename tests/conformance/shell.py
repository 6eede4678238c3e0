"""The part of arangosh that the manual's scripts use, over the REST face of the engine."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from tests.conformance.scripting import Host, ScriptError, Thrown

if TYPE_CHECKING:
    from collections.abc import Callable

    from hades_mcp.embedded.rest import Server

FAILED = 400
_SILENT = (
    *("assert", "print", "logJsonResponse", "logRawResponse", "logPlainResponse"),
    *("logHtmlResponse", "logJsonLResponse", "logErrorResponse", "addIgnoreCollection"),
    *("addIgnoreView",),
)


class Shell:
    """What a script can name, and the exchanges it logs.

    Attributes:
        choice: Which document `any()` gives: a script that asks for a random one was recorded with
            one of them, so that a judge may try each.
        choices: How many there were to choose from, when it last gave one.

    Args:
        server: The engine's REST face.
        datasets: The example graphs by name.
        respond: Replaces a request of the script by the recorded one, if given.
    """

    def __init__(self, server: Server, datasets: dict[str, Any]) -> None:
        self.server = server
        self.datasets = datasets
        self.logged: list[dict[str, Any]] = []
        self.choice = 0
        self.choices = 1

    def raw(self, method: str, path: str, body: Any = None, headers: Any = None) -> dict[str, Any]:
        """Send a request; return status, headers and body as a script sees them."""
        data = body if isinstance(body, str) else "" if body is None else json.dumps(body)
        given = {name.lower(): value for name, value in (headers or {}).items()}
        answer = self.server.handle(method, path, {}, given, data.encode())
        text = answer.body.decode()
        kind = {name.lower(): value for name, value in answer.headers.items()}
        is_json = "json" in kind.get("content-type", "") and text
        parsed = json.loads(text) if is_json else None
        return {
            "code": answer.status,
            "headers": kind,
            "body": text,
            "parsedBody": parsed if is_json else text or None,
        }

    def call(self, method: str, path: str, body: Any = None) -> Any:
        """Send a request; return the body, or throw what was refused."""
        answer = self.raw(method, path, body)
        parsed = answer["parsedBody"]
        if answer["code"] >= FAILED:
            raise Thrown(parsed)
        return parsed

    def log(self, method: str, path: str, body: Any = None, headers: Any = None) -> Any:
        """Send a request of the documented exchange and remember the answer."""
        answer = self.raw(method, path, body, headers)
        self.logged.append(answer)
        return answer

    def names(self) -> dict[str, Any]:
        """Return the global variables of a script."""
        internal = {
            "wal": {"flush": _nothing},
            "sleep": lambda _seconds: time.sleep(0.01),
            "time": time.time,
            "db": Databases(self),
            "arango": Connection(self),
            "print": _nothing,
        }
        return dict.fromkeys(_SILENT, _nothing) | {
            "db": internal["db"],
            "internal": internal,
            "arango": internal["arango"],
            "console": {"error": _nothing, "log": _nothing},
            "require": self._module,
            "logCurlRequest": self.log,
            "logCurlRequestRaw": self.log,
            "logCurlRequestPlain": self.log,
            "encodeURIComponent": lambda text: quote(text, safe=""),
            "JSON": {"stringify": json.dumps},
            "aql": _aql,
            "Object": {"keys": list, "values": lambda value: list(value.values())},
            "__internal": internal,
        }

    def _module(self, name: str) -> Any:
        match name:
            case "@arangodb" | "org/arangodb":
                return {"db": Databases(self), "query": None, "time": time.time}
            case "internal":
                return self.names()["__internal"]
            case "@arangodb/users" | "@arangodb/analyzers":
                return (Users if name.endswith("users") else Analyzers)(self)
            case "@arangodb/graph-examples/example-graph.js" | "@arangodb/examples/examples":
                return Examples(self)
            case "jsunity":
                return {"jsUnity": {"assertions": {"assertEqual": _nothing}}}
            case "@arangodb/general-graph":
                return Graphs(self)
            case "@arangodb/aql/plan-cache":
                return {"toArray": lambda: self.call("GET", "/_api/query-plan-cache")}
            case "@arangodb/aql/cache":
                return {"properties": self._cache_properties, "clear": self._clear_cache}
        raise ScriptError(f"module {name}")

    def _cache_properties(self, changes: Any = None) -> Any:
        method = "GET" if changes is None else "PUT"
        return self.call(method, "/_api/query-cache/properties", changes)

    def _clear_cache(self) -> None:
        self.call("DELETE", "/_api/query-cache")


def _nothing(*_arguments: Any) -> None:
    return None


def _aql(texts: list[str], *values: Any) -> dict[str, Any]:
    """Return the query of a tagged template, its values as bind parameters."""
    query = texts[0]
    bind_vars: dict[str, Any] = {}
    for at, (value, text) in enumerate(zip(values, texts[1:], strict=True)):
        is_collection = isinstance(value, Collection)
        name = f"{'@' * is_collection}value{at}"
        bind_vars[name] = value.called if is_collection else value
        query += f"@{name}{text}"
    return {"query": query, "bindVars": bind_vars}


class Connection(Host):
    """`arango`: plain requests."""

    def __init__(self, shell: Shell) -> None:
        def plain(method: str) -> Callable[..., Any]:
            return lambda path, body=None: shell.raw(method, path, body)["parsedBody"]

        def raw(method: str) -> Callable[..., Any]:
            return lambda path, body=None, headers=None: shell.raw(method, path, body, headers)

        for method in ("GET", "POST", "PUT", "PATCH", "DELETE"):
            setattr(self, f"js_{method}", plain(method))
            setattr(self, f"js_{method}_RAW", raw(method))


class Databases(Host):
    """`db`: collections by name, and the methods that begin with an underscore."""

    def __init__(self, shell: Shell) -> None:
        self.shell = shell

    def member(self, name: str) -> Any:
        """Return a method, or the collection of that name."""
        if name.startswith("_") and hasattr(self, f"js_{name}"):
            return getattr(self, f"js_{name}")
        return Collection(self.shell, name)

    def js__parse(self, query: str) -> Any:
        answer = self.shell.call("POST", "/_api/query", {"query": query})
        return {name: value for name, value in answer.items() if name != "error"} | {"warnings": []}

    @property
    def js__connection(self) -> Connection:
        return Connection(self.shell)

    def js__create(self, name: str, options: Any = None, kind: Any = None) -> Collection:
        number = 3 if kind == "edge" else 2
        body = {**(options if isinstance(options, dict) else {}), "name": name, "type": number}
        self.shell.call("POST", "/_api/collection", body)
        return Collection(self.shell, name)

    js__createDocumentCollection = js__create  # noqa: N815

    def js__createEdgeCollection(self, name: str, options: Any = None) -> Collection:  # noqa: N802
        return self.js__create(name, options, "edge")

    def js__drop(self, name: str, options: Any = None) -> None:
        system = "?isSystem=true" if options else ""
        self.shell.raw("DELETE", f"/_api/collection/{name}{system}")

    def js__collection(self, name: str) -> Collection:
        return Collection(self.shell, name)

    def js__flushCache(self) -> None:  # noqa: N802
        """Do nothing: there is no cache here."""

    def js__query(
        self, query: Any, bind_vars: Any = None, options: Any = None, more: Any = None
    ) -> Any:
        body = {"query": query, "bindVars": bind_vars or {}}
        if isinstance(query, dict):
            body, options = query, query.get("options")
        body["options"] = {**(options or {}), **(more or {})}
        return Rows(self.shell.call("POST", "/_api/cursor", {**body, "batchSize": 100_000}))

    def js__createStatement(self, given: Any) -> Statement:  # noqa: N802
        return Statement(self, {"query": given} if isinstance(given, str) else given)

    def js__explain(self, *_arguments: Any) -> None:
        raise ScriptError("explain prints a table")

    def js__createView(self, name: str, kind: str, options: Any = None) -> View:  # noqa: N802
        body = {**(options or {}), "name": name, "type": kind}
        return View(self.shell, self.shell.call("POST", "/_api/view", body))

    def js__dropView(self, name: str) -> None:  # noqa: N802
        self.shell.raw("DELETE", f"/_api/view/{name}")

    def js__view(self, name: str) -> View:
        return View(self.shell, self.shell.call("GET", f"/_api/view/{name}"))

    def js__document(self, handle: Any) -> Any:
        return self.shell.call("GET", f"/_api/document/{_handle(handle)}")

    def js__createDatabase(self, name: str, *_options: Any) -> bool:  # noqa: N802
        return bool(self.shell.call("POST", "/_api/database", {"name": name})["result"])

    def js__dropDatabase(self, name: str) -> bool:  # noqa: N802
        return bool(self.shell.call("DELETE", f"/_api/database/{name}")["result"])

    def js__createTransaction(self, body: Any) -> Transaction:  # noqa: N802
        return Transaction(self.shell, self.shell.call("POST", "/_api/transaction/begin", body))


class Rows(Host):
    """A cursor."""

    def __init__(self, answer: Any) -> None:
        self.answer = answer
        self.place = 0

    def js_toArray(self) -> Any:  # noqa: N802
        return self.answer["result"]

    def js_execute(self, _batch_size: Any = None) -> None:
        """Do nothing: the rows are there."""

    def js_hasNext(self) -> bool:  # noqa: N802
        return self.place < len(self.answer["result"])

    def js_next(self) -> Any:
        self.place += 1
        return self.answer["result"][self.place - 1]

    def js_getExtra(self) -> Any:  # noqa: N802
        return self.answer.get("extra")

    def js_count(self) -> int:
        return len(self.answer["result"])


class Statement(Host):
    """A prepared statement."""

    def __init__(self, databases: Databases, body: dict[str, Any]) -> None:
        self.databases = databases
        self.body = {"bindVars": {}, **body}

    def js_bind(self, name: Any, value: Any = None) -> None:
        self.body["bindVars"] |= name if isinstance(name, dict) else {name: value}

    def js_execute(self) -> Rows:
        return Rows(self.databases.shell.call("POST", "/_api/cursor", self.body))

    def js_explain(self, options: Any = None) -> Any:
        body = {**self.body, "options": options or {}}
        return self.databases.shell.call("POST", "/_api/explain", body)

    def js_parse(self) -> Any:
        return self.databases.shell.call("POST", "/_api/query", {"query": self.body["query"]})


class Transaction(Host):
    """A stream transaction."""

    def __init__(self, shell: Shell, answer: Any) -> None:
        self.shell, self.number = shell, answer["result"]["id"]

    def js_id(self) -> str:
        return str(self.number)

    def js_abort(self) -> Any:
        return self.shell.call("DELETE", f"/_api/transaction/{self.number}")["result"]


class View(Host):
    """A view."""

    def __init__(self, shell: Shell, answer: Any) -> None:
        self.shell, self.answer = shell, answer
        self.js__id = answer["id"]

    def js_name(self) -> Any:
        return self.answer["name"]

    def js_properties(self, change: Any = None) -> Any:
        path = f"/_api/view/{self.answer['name']}/properties"
        return self.shell.call("GET" if change is None else "PATCH", path, change)


def _handle(value: Any) -> str:
    return str(value["_id"] if isinstance(value, dict) else value)


class Collection(Host):
    """`db.name`."""

    def __init__(self, shell: Shell, name: str) -> None:
        self.shell, self.called = shell, name

    def _document(self, method: str, handle: Any, body: Any = None, options: Any = None) -> Any:
        named = handle.get("_id") or handle["_key"] if isinstance(handle, dict) else str(handle)
        named = named if "/" in named else f"{self.called}/{named}"
        given = options if isinstance(options, dict) else {}
        query = "&".join(f"{name}={str(value).lower()}" for name, value in given.items())
        return self.shell.call(method, f"/_api/document/{named}?{query}", body)

    def js_name(self) -> str:
        return self.called

    def js_insert(self, document: Any, *more: Any) -> Any:
        if more and isinstance(more[0], str):  # save(from, to, data), as of old
            document = {**(more[1] or {}), "_from": _handle(document), "_to": more[0]}
        options = next((each for each in more if isinstance(each, dict)), {}) if more else {}
        query = "&".join(f"{name}={str(value).lower()}" for name, value in options.items())
        return self.shell.call("POST", f"/_api/document/{self.called}?{query}", document)

    js_save = js_insert

    def js_document(self, handle: Any) -> Any:
        if isinstance(handle, list):
            return self.shell.call("PUT", f"/_api/document/{self.called}?onlyget=true", handle)
        return self._document("GET", handle)

    def js_update(self, handle: Any, patch: Any, options: Any = None) -> Any:
        return self._document("PATCH", handle, patch, options)

    def js_replace(self, handle: Any, document: Any, options: Any = None) -> Any:
        return self._document("PUT", handle, document, options)

    @property
    def js__id(self) -> Any:
        return self.shell.call("GET", f"/_api/collection/{self.called}")["id"]

    def js_remove(self, handle: Any, options: Any = None) -> Any:
        if isinstance(handle, list):
            return self.shell.call("DELETE", f"/_api/document/{self.called}", handle)
        return self._document("DELETE", handle, None, options)

    def _rows(self, query: str) -> list[Any]:
        answer = self.shell.call("POST", "/_api/cursor", {"query": query, "batchSize": 100_000})
        rows: list[Any] = answer["result"]
        return rows

    def js_any(self) -> Any:
        rows = self._rows(f"FOR d IN `{self.called}` RETURN d")
        self.shell.choices = len(rows)
        return rows[self.shell.choice % len(rows)]

    def js_all(self) -> Rows:
        return Rows({"result": self._rows(f"FOR d IN `{self.called}` RETURN d")})

    def js_toArray(self) -> Any:  # noqa: N802
        return self._rows(f"FOR d IN `{self.called}` RETURN d")

    def js_count(self) -> Any:
        return self.shell.call("GET", f"/_api/collection/{self.called}/count")["count"]

    js_length = js_count

    def js_truncate(self) -> None:
        self.shell.call("PUT", f"/_api/collection/{self.called}/truncate")

    def js_ensureIndex(self, definition: Any) -> Any:  # noqa: N802
        return self.shell.call("POST", f"/_api/index?collection={self.called}", definition)

    def js_getIndexes(self, *_options: Any) -> Any:  # noqa: N802
        return self.shell.call("GET", f"/_api/index?collection={self.called}")["indexes"]

    def js_properties(self, change: Any = None) -> Any:
        path = f"/_api/collection/{self.called}/properties"
        return self.shell.call("GET" if change is None else "PUT", path, change)


class Users(Host):
    """`@arangodb/users`."""

    def __init__(self, shell: Shell) -> None:
        self.shell = shell

    def js_save(self, name: str, password: str = "", active: Any = None, extra: Any = None) -> Any:
        body = {"user": name, "passwd": password, "active": active is not False}
        return self.shell.call("POST", "/_api/user", {**body, "extra": extra or {}})

    def js_remove(self, name: str) -> Any:
        return self.shell.call("DELETE", f"/_api/user/{name}")

    def js_grantDatabase(self, name: str, database: str, right: str = "rw") -> Any:  # noqa: N802
        path = f"/_api/user/{name}/database/{database}"
        return self.shell.call("PUT", path, {"grant": right})

    def js_grantCollection(  # noqa: N802
        self, name: str, database: str, collection: str, right: str = "rw"
    ) -> Any:
        path = f"/_api/user/{name}/database/{database}/{collection}"
        return self.shell.call("PUT", path, {"grant": right})


class Analyzers(Host):
    """`@arangodb/analyzers`."""

    def __init__(self, shell: Shell) -> None:
        self.shell = shell

    def js_save(self, name: str, kind: str, properties: Any = None, features: Any = None) -> Any:
        body = {"name": name, "type": kind, "properties": properties or {}}
        return self.shell.call("POST", "/_api/analyzer", {**body, "features": features or []})

    def js_remove(self, name: str, *_force: Any) -> None:
        self.shell.raw("DELETE", f"/_api/analyzer/{quote(name)}?force=true")


class Graphs(Host):
    """`@arangodb/general-graph`."""

    def __init__(self, shell: Shell) -> None:
        self.shell = shell

    def js__exists(self, name: str) -> bool:
        return bool(self.shell.raw("GET", f"/_api/gharial/{name}")["code"] < FAILED)

    def js__drop(self, name: str, drops: Any = None) -> None:
        collections = "?dropCollections=true" if drops else ""
        self.shell.raw("DELETE", f"/_api/gharial/{name}{collections}")

    def js__create(self, name: str, definitions: Any = None, orphans: Any = None) -> Any:
        body = {"name": name, "edgeDefinitions": definitions or []}
        return self.shell.call(
            "POST", "/_api/gharial", {**body, "orphanCollections": orphans or []}
        )

    def js__relation(self, name: str, start: Any, end: Any) -> Any:
        def names(value: Any) -> list[str]:
            return value if isinstance(value, list) else [value]

        return {"collection": name, "from": names(start), "to": names(end)}


class Graph(Host):
    """One named graph."""

    def __init__(self, shell: Shell, name: str) -> None:
        self.shell, self.called = shell, name

    def js__addVertexCollection(self, name: str) -> None:  # noqa: N802
        self.shell.call("POST", f"/_api/gharial/{self.called}/vertex", {"collection": name})


class Examples(Host):
    """The example graphs of the manual."""

    def __init__(self, shell: Shell) -> None:
        self.shell = shell

    def js_loadGraph(self, name: str) -> Graph:  # noqa: N802
        dataset = self.shell.datasets.get(name)
        if dataset is None:
            raise ScriptError(f"no example graph {name}")
        self.js_dropGraph(name)  # a script before it may have failed and left it
        body = {"name": name, "edgeDefinitions": dataset["edgeDefinitions"]}
        self.shell.call("POST", "/_api/gharial", body)
        for collection, documents in dataset["collections"].items():
            self.shell.call("POST", f"/_api/document/{collection}", documents)
        return Graph(self.shell, name)

    def js_dropGraph(self, name: str) -> None:  # noqa: N802
        self.shell.raw("DELETE", f"/_api/gharial/{name}?dropCollections=true")
