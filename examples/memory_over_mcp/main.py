"""A memory that outlives the conversation: what any MCP host does, step by step."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import anyio
from mcp import Client, StdioServerParameters

NOTES = {
    "roof.md": "# Roof\n\nThe tiles over the kitchen leak when the wind is from the west.\n",
    "garden.md": "# Garden\n\nTomatoes want sun all day and water in the morning.\n",
    "taxes.md": "# Taxes\n\nThe declaration is due in July; receipts are in the blue folder.\n",
}


async def call(client: Client, tool: str, **arguments: Any) -> Any:
    """Call a tool, print what goes and comes, and return its answer."""
    print(f"→ {tool} {json.dumps(arguments)}")
    result = await client.call_tool(tool, arguments)
    text = "".join(getattr(part, "text", "") for part in result.content)
    print(f"← {text[:150]}")
    assert not result.is_error, text
    return json.loads(text)


async def story(client: Client) -> None:
    """Remember, recall, search by meaning, forget."""
    tools = {tool.name for tool in (await client.list_tools()).tools}
    assert {"context_add", "context_get", "context_clear", "search"} <= tools

    await call(client, "context_add", context="house", content="The roofer comes on Thursday.")
    remembered = await call(client, "context_get", context="house")
    assert "Thursday" in json.dumps(remembered)

    # No word of the question is in the note: this is search by meaning.
    found = await call(client, "search", text="rain comes into my home", limit=1)
    assert "Roof" in json.dumps(found)

    forgotten = await call(client, "context_clear", context="house")
    assert forgotten["removed"] == 1
    assert "house" not in json.dumps(await call(client, "context_list"))


def ingest(folder: Path, env: dict[str, str]) -> None:
    """Take in a folder of notes, as a person does at the command line."""
    folder.mkdir()
    for name, text in NOTES.items():
        (folder / name).write_text(text, encoding="utf-8")
    command = [sys.executable, "-m", "hades_mcp", "ingest", str(folder)]
    subprocess.run(command, env=env, check=True)  # noqa: S603  this very program


async def talk(env: dict[str, str]) -> None:
    """Start the server as a host would: a child process that speaks over its pipes."""
    server = StdioServerParameters(
        command=sys.executable, args=["-m", "hades_mcp", "serve"], env=env
    )
    async with Client(server) as client:
        await story(client)


def main() -> None:
    """Do all of it in a data folder that goes away afterwards."""
    with tempfile.TemporaryDirectory() as place:
        env = os.environ | {"HADES_HOME": str(Path(place, "home"))}
        ingest(Path(place, "notes"), env)
        anyio.run(talk, env)


if __name__ == "__main__":
    main()
