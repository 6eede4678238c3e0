"""`docs_http` and `arangosh`: exchanges and transcripts recorded from ArangoDB 3.12.10."""

from __future__ import annotations

from itertools import combinations, groupby
from typing import TYPE_CHECKING, Any

from tests.conformance import compare, javascript
from tests.conformance.rows import Row, Verdict, read, read_json
from tests.conformance.scripting import Host
from tests.conformance.shell import Shell

from hades_mcp.embedded.rest import Server
from hades_mcp.embedded.storage import Engine

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

GROUPS = frozenset(
    {
        "administration",
        "analyzers",
        "aql-queries",
        "aql-query-results-cache",
        "arangosearch-views",
        "collections",
        "databases",
        "documents",
        "edges",
        "import",
        "jobs",
        "named-graphs",
        "search-alias-views",
        "stream-transactions",
        "user-defined-aql-functions",
        "users",
    }
)
"""The API groups that the engine promises; the others (backup, replication…) are not judged."""
UNSTABLE = frozenset(
    {
        *("_rev", "_oldRev", "objectId", "globallyUniqueId", "revision", "etag", "figures", "id"),
        *("executionTime", "stats", "profile", "host", "nextBatchId", "path", "time", "runTime"),
        *("estimatedCost", "peakMemoryUsage", "lastValue", "started", "planId", "tick"),
        *("created", "hash", "queryHash", "memoryUsage"),
    }
)


def judge(where: Path) -> Iterator[Verdict]:
    """Yield a verdict for each exchange in a promised group."""
    with _shell(read_json(where, "docs_datasets.json")) as shell:
        for row in read(where, "docs_http"):  # one server for all, as when they were recorded
            _, _, group = row["section"].rpartition("/")
            if row["deployment"] == "single" and (group in GROUPS or "/indexes/" in row["section"]):
                yield Verdict(row["id"], group, _difference(row, shell))


def judge_transcripts(where: Path) -> Iterator[Verdict]:
    """Yield a verdict for each transcript that holds AQL and prints values only.

    Those of one page were recorded one after the other, and use what those before them made.
    """
    datasets = read_json(where, "docs_datasets.json")
    rows = [row for row in read(where, "arangosh") if row["aql"] and row["output_values"]]
    for section, page in groupby(rows, key=lambda row: str(row["section"])):
        with _shell(datasets) as shell:
            for row in page:
                _, _, group = section.rpartition("/")
                wrong = _transcript(row, shell)
                yield Verdict(row["id"], group, wrong, " ".join(map(str, row["aql"])))


def _transcript(row: Row, shell: Shell) -> str | None:
    lines = row["script"].split("\n")
    script = "\n".join(
        line.replace("|", " ", 1) if line[:2] in {"| ", "~|"} else line for line in lines
    )
    try:
        printed = javascript.run(script, shell.names())
    except Exception as error:  # noqa: BLE001  a crash is a wrong answer
        return f"{type(error).__name__} {error}"
    values = [value for value in printed if not isinstance(value, Host | None)]
    got, wanted = _stable(values), _stable(row["output_values"])
    if compare.same_rows(got, wanted):
        return None
    return f"got {compare.shown(got, 300)} wanted {compare.shown(wanted, 300)}"


class _shell:  # noqa: N801  a context manager
    """A server of its own and a shell on it."""

    def __init__(self, datasets: dict[str, Any]) -> None:
        self.engine = Engine(None)
        self.server = Server(self.engine, endpoints=("http://0.0.0.0:8529",))  # as recorded
        self.shell = Shell(self.server, datasets)

    def __enter__(self) -> Shell:
        return self.shell

    def __exit__(self, *_error: object) -> None:
        self.server.close()
        self.engine.close()


def _difference(row: Row, shell: Shell) -> str | None:
    shell.choice, shell.choices = 0, 1
    wrong = _difference_once(row, shell)
    while wrong and shell.choice + 1 < shell.choices:
        shell.choice += 1
        wrong = _difference_once(row, shell)
    return wrong


def _difference_once(row: Row, shell: Shell) -> str | None:
    shell.logged.clear()
    try:
        javascript.run(row["setup_js"] or "", shell.names())
        problem = ""
    except Exception as error:  # noqa: BLE001  a crash is a wrong answer
        problem = f" ({type(error).__name__} {error})"
    answers, responses = shell.logged, row["responses"]
    if len(answers) < len(responses):
        return f"{len(answers)} of {len(responses)} answers{problem}"
    for left_out in combinations(range(len(answers)), len(answers) - len(responses)):
        kept = [answer for at, answer in enumerate(answers) if at not in left_out]
        wrong = _wrong(kept, responses)
        if wrong is None:
            return None
    return wrong


def _wrong(answers: list[Row], responses: list[Row]) -> str | None:
    """Tell what differs; the manual shows fewer responses than requests at times."""
    for answer, wanted in zip(answers, responses, strict=True):
        if answer["code"] != wanted["status"]:
            return f"status {answer['code']} wanted {wanted['status']}: {answer['body'][:200]}"
        if wrong := _unequal(_stable(answer["parsedBody"]), _stable(wanted["body"])):
            return wrong
    return None


def _unequal(got: Any, wanted: Any) -> str | None:
    if compare.same_rows(got, wanted):
        return None
    if not isinstance(got, dict) or not isinstance(wanted, dict):
        return f"got {compare.shown(got, 300)} wanted {compare.shown(wanted, 300)}"
    parts = [
        f"{name}: got {compare.shown(got.get(name, '-'))}"
        f" wanted {compare.shown(wanted.get(name, '-'))}"
        for name in sorted(got.keys() | wanted.keys())
        if not compare.same_rows(got.get(name, "-"), wanted.get(name, "-"))
    ]
    return "; ".join(parts) or None


def _stable(value: Any) -> Any:
    if isinstance(value, list):
        return [_stable(item) for item in value]
    if isinstance(value, dict) and isinstance(value.get("nodes"), list):
        return _stable_plan(value)
    if isinstance(value, dict):
        return {name: _stable(v) for name, v in value.items() if name not in UNSTABLE}
    return compare.masked(value)


def _stable_plan(plan: Row) -> Row:
    """Return what two optimizers can agree on: the nodes' types, the collections, and so on."""
    return {
        "nodes": [node["type"] for node in plan["nodes"]],
        "collections": plan.get("collections"),
        "isModificationQuery": plan.get("isModificationQuery"),
    }
