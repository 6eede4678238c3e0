"""Qwen tokens a model pays for one answer, by the form it comes in and by what hosts do with it.

The same answers, from this repository's own documents: as compact JSON text alone (what HADES
sends), indented as the MCP SDK does by default, as text and structured content, and with rows as a
table. Hosts differ: some show the model the text, some the structured content, some both.
"""

from __future__ import annotations

import json
import os
import platform
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import anyio
from dashscope import get_tokenizer

from hades_mcp.config import Settings
from hades_mcp.embedders.hashing import HashEmbedder
from hades_mcp.tokens import count_tokens
from hades_mcp.tools.toolset import Toolset
from hades_mcp.workspace import open_workspace

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).parents[1]
RESULTS = Path(__file__).parent / "results"
QWEN = get_tokenizer("qwen-7b-chat")
ROWS = "FOR d IN documents SORT d.qualified_name LIMIT {n} RETURN {{{attributes}}}"
CALLS: dict[str, tuple[str, dict[str, Any]]] = {
    "search, 5 hits": ("search", {"text": "undo a write of an agent"}),
    "aql, 1 row": ("aql_read", {"query": ROWS.format(n=1, attributes="title: d.title")}),
    "aql, 25 rows of 3": (
        "aql_read",
        {"query": ROWS.format(n=25, attributes="id: d._id, title: d.title, kind: d.kind")},
    ),
    "traversal": ("graph_traverse", {"start": "Decisions", "depth": 2, "limit": 15}),
    "schema": ("schema", {}),
}


def tokens(text: str) -> int:
    """Return Qwen's own count."""
    return len(QWEN.encode(text))


def compact(value: Any) -> str:
    """Return JSON without a blank, as HADES sends it."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def table(value: Any) -> Any:
    """Return an answer with each list of like objects as its columns and rows."""
    if isinstance(value, list) and len(value) > 1 and all(isinstance(row, dict) for row in value):
        columns = list(dict.fromkeys(name for row in value for name in row))
        return {"columns": columns, "rows": [[row.get(name) for name in columns] for row in value]}
    if isinstance(value, dict):
        return {name: table(inner) for name, inner in value.items()}
    return value


FORMS: dict[str, Callable[[Any], str]] = {
    "text, compact JSON": compact,
    "text, indented by 2": lambda value: json.dumps(value, indent=2, ensure_ascii=False),
    "text and structured, host shows both": lambda value: compact(value) + compact(value),
    "text, rows as a table": lambda value: compact(table(value)),
}


async def answers(home: Path) -> dict[str, Any]:
    """Return what the tools answer to the calls."""
    with open_workspace(Settings(home=home), embedder=HashEmbedder(64)) as workspace:
        workspace.documents.ingest([ROOT / "docs" / "decisions"])
        toolset = Toolset(workspace)
        found = {}
        for name, (tool, arguments) in CALLS.items():
            answer = await toolset.call(tool, arguments)
            assert not answer.is_error, answer.content
            found[name] = json.loads(answer.content)
        return found


def output_schema() -> int:
    """Return what a schema of results of the one shape would add to each tool of the list."""
    row = {"type": "object", "additionalProperties": True}
    shape = {
        "rows": {"type": "array", "items": row},
        "truncated": {"type": "boolean"},
        "omitted": {"type": "integer"},
        "next": {"type": "string"},
    }
    schema = {"outputSchema": {"type": "object", "properties": shape, "required": ["rows"]}}
    return tokens(compact(schema))


def main() -> None:
    """Print and store tokens by answer and form, and how near our own count is."""
    with tempfile.TemporaryDirectory() as home:
        found = anyio.run(answers, Path(home))
    counted = {
        name: {form: tokens(write(value)) for form, write in FORMS.items()}
        for name, value in found.items()
    }
    report = {
        "date": datetime.now(UTC).date().isoformat(),
        "machine": f"{platform.machine()}, {os.cpu_count()} cores",
        "python": platform.python_version(),
        "tokens": counted,
        "output_schema_tokens_per_tool": output_schema(),
        "count_tokens_over_qwen": {
            name: round(count_tokens(compact(value)) / counted[name]["text, compact JSON"], 2)
            for name, value in found.items()
        },
    }
    RESULTS.mkdir(exist_ok=True)
    text = json.dumps(report, indent=2) + "\n"
    (RESULTS / "result_form.json").write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
