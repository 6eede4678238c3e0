"""Qwen tokens of tool lists and of answers to the same questions, beside servers that start here.

The rivals are installed from npm into a temporary folder and asked over stdio: `server-memory`, the
reference knowledge graph, and `dbhub` on SQLite. All hold the same 150 people. Lists are counted as
one `{"type":"function","function":{name,description,parameters}}` line per tool. Answers are the
text of the result; what was left out of an answer of ours is one call of `more` away.
mcp-server-qdrant does not start where its embedding model cannot be fetched from the hub.
"""

from __future__ import annotations

import json
import os
import platform
import sqlite3
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import anyio
from dashscope import get_tokenizer
from mcp import Client, StdioServerParameters

from hades_mcp.config import Settings
from hades_mcp.prompts.chat import signature
from hades_mcp.tools.catalog import BUILT_IN
from hades_mcp.workspace import open_workspace

if TYPE_CHECKING:
    from collections.abc import Mapping

RESULTS = Path(__file__).parent / "results"
QWEN = get_tokenizer("qwen-7b-chat")
NPM = {"server-memory": "@modelcontextprotocol/server-memory", "dbhub": "@bytebase/dbhub"}
PEOPLE = [
    {
        "name": f"Person {number}",
        "city": ("Köln", "Oslo", "Lyon")[number % 3],
        "work": f"Bakes loaf {number} in an oven fired with {('beech', 'oak')[number % 2]}.",
        "knows": f"Person {(number * 7 + 1) % 150}",
    }
    for number in range(150)
]
QUESTIONS: dict[str, dict[str, tuple[str, dict[str, Any]]]] = {
    "everything there is": {
        "hades": ("aql_read", {"query": "FOR p IN people RETURN p"}),
        "server-memory": ("read_graph", {}),
        "dbhub": ("execute_sql", {"sql": "SELECT * FROM people"}),
    },
    "three of Oslo": {
        "hades": (
            "aql_read",
            {"query": "FOR p IN people FILTER p.city == 'Oslo' LIMIT 3 RETURN p"},
        ),
        "dbhub": ("execute_sql", {"sql": "SELECT * FROM people WHERE city = 'Oslo' LIMIT 3"}),
    },
    "who bakes with oak": {
        "hades": ("search", {"text": "who bakes with oak"}),
        "server-memory": ("search_nodes", {"query": "oak"}),
    },
    "how it is shaped": {
        "hades": ("schema", {"collection": "people"}),
        "dbhub": (
            "search_objects",
            {"object_type": "table", "pattern": "people", "detail_level": "full"},
        ),
    },
}


def tokens(text: str) -> int:
    """Return what a text costs a Qwen."""
    return len(QWEN.encode(text))


def installed(folder: Path) -> Path:
    """Install the rivals; return the folder of their commands."""
    command = ["npm", "install", "--silent", "--no-audit", "--no-fund", "--prefix", str(folder)]
    subprocess.run([*command, *NPM.values()], check=True)
    return folder / "node_modules" / ".bin"


def version(folder: Path, package: str) -> str:
    """Return which version of a rival was installed."""
    file = folder / "node_modules" / package / "package.json"
    return str(json.loads(file.read_text(encoding="utf-8"))["version"])


def servers(folder: Path) -> dict[str, StdioServerParameters]:
    """Put the people into each store; return how each server is started."""
    commands = installed(folder)
    store = folder / "people.db"
    with sqlite3.connect(store) as database:
        database.execute("CREATE TABLE people (name TEXT, city TEXT, work TEXT, knows TEXT)")
        rows = [tuple(person.values()) for person in PEOPLE]
        database.executemany("INSERT INTO people VALUES (?, ?, ?, ?)", rows)
    database.close()
    memory = [
        {
            "type": "entity",
            "name": person["name"],
            "entityType": person["city"],
            "observations": [person["work"]],
        }
        for person in PEOPLE
    ] + [
        {"type": "relation", "from": one["name"], "to": one["knows"], "relationType": "knows"}
        for one in PEOPLE
    ]
    lines = "\n".join(json.dumps(line) for line in memory)
    (folder / "memory.jsonl").write_text(lines, encoding="utf-8")
    home = folder / "home"
    fill(home, folder / "notes")
    hades = ["-m", "hades_mcp", "--home", str(home), "serve"]
    dsn = f"sqlite://{store}"
    return {
        "hades": started(sys.executable, *hades),
        "server-memory": started(
            str(commands / "mcp-server-memory"), MEMORY_FILE_PATH=str(folder / "memory.jsonl")
        ),
        "dbhub": started(str(commands / "dbhub"), "--transport", "stdio", "--dsn", dsn),
    }


def started(command: str, *arguments: str, **environment: str) -> StdioServerParameters:
    """Return how a server is started."""
    values = os.environ | environment
    return StdioServerParameters(command=command, args=list(arguments), env=dict(values))


def fill(home: Path, notes: Path) -> None:
    """Put the people into a workspace: as rows, and as notes to be searched."""
    notes.mkdir()
    for person in PEOPLE:
        text = f"# {person['name']}\n\n{person['work']} Lives in {person['city']}.\n"
        (notes / f"{person['name']}.md").write_text(text, encoding="utf-8")
    with open_workspace(Settings(home=home)) as workspace:
        workspace.db.create_collection("people")
        workspace.db.collection("people").insert_many(PEOPLE)
        workspace.documents.ingest([notes])


async def measured(parameters: Mapping[str, StdioServerParameters]) -> dict[str, Any]:
    """Return the tokens of each list and each answer."""
    lists: dict[str, Any] = {}
    answers: dict[str, dict[str, Any]] = {question: {} for question in QUESTIONS}
    for name, server in parameters.items():
        async with Client(server, mode="legacy") as client:
            listed = (await client.list_tools()).tools
            told = [
                {"name": one.name, "description": one.description, "parameters": one.input_schema}
                for one in listed
                if name != "hades" or one.name in {tool.name for tool in BUILT_IN}
            ]
            lines = [compact({"type": "function", "function": tool}) + "\n" for tool in told]
            raw = "".join(one.model_dump_json(by_alias=True, exclude_none=True) for one in listed)
            counts = {"tools": len(told), "function_form": sum(map(tokens, lines))}
            lists[name] = counts | {"tools_list_json": tokens(raw)}
            for question, calls in QUESTIONS.items():
                if name in calls:
                    answers[question][name] = await asked(client, *calls[name])
    compacted = [signature(tool.spec) + "\n" for tool in BUILT_IN]
    lists["hades"]["agents_form"] = sum(map(tokens, compacted))
    return {"lists": lists, "answers": answers}


async def asked(client: Client, tool: str, arguments: dict[str, Any]) -> dict[str, Any]:
    """Return the tokens of an answer, of structured content beside it, and the rows cut."""
    result = await client.call_tool(tool, arguments)
    text = "".join(getattr(part, "text", "") for part in result.content)
    assert not result.is_error, text
    twice = compact(result.structured_content) if result.structured_content else ""
    cost: dict[str, Any] = {"text": tokens(text)}
    if twice:
        cost["structured_too"] = tokens(twice)
    if tool in {call["hades"][0] for call in QUESTIONS.values()}:
        cost["omitted"] = json.loads(text).get("omitted", 0)
    return cost


def compact(value: Any) -> str:
    """Return JSON without blanks."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def main() -> None:
    """Measure, and write results/tools_tokens.json."""
    with tempfile.TemporaryDirectory() as folder:
        found = anyio.run(measured, servers(Path(folder)))
        versions = {name: version(Path(folder), package) for name, package in NPM.items()}
    report = {
        "date": datetime.now(UTC).date().isoformat(),
        "machine": f"{platform.machine()}, {os.cpu_count()} cores",
        "tokenizer": "Qwen's vocabulary, from dashscope",
        "rivals": versions,
        **found,
    }
    text = json.dumps(report, indent=2, ensure_ascii=False) + "\n"
    (RESULTS / "tools_tokens.json").write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
