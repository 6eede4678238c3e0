"""A thousand calls at once through one server process: each gets its answer, and none is lost."""

from __future__ import annotations

import json
import sys
from collections import Counter
from typing import TYPE_CHECKING, Any

import anyio
import pytest
from mcp import Client, StdioServerParameters

from hades_mcp.config import Settings
from hades_mcp.workspace import open_workspace

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [pytest.mark.anyio, pytest.mark.slow]

CALLS = 1000


async def test_a_thousand_calls_at_once_lose_nothing(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with open_workspace(Settings(home=home), preload=False) as workspace:
        workspace.db.create_collection("calls_at_once")
    arguments = ["-m", "hades_mcp", "--home", str(home), "serve"]
    server = StdioServerParameters(command=sys.executable, args=arguments)
    answered: Counter[str] = Counter()

    async def ask(client: Client, tool: str, **given: Any) -> Any:
        result = await client.call_tool(tool, given)
        text = "".join(getattr(part, "text", "") for part in result.content)
        assert not result.is_error, text
        answered[tool] += 1
        return json.loads(text)

    async def one(client: Client, number: int) -> None:
        match number % 4:
            case 0:
                query = "INSERT {_key: @key, n: @n} INTO calls_at_once"
                bind_vars = {"key": f"k{number}", "n": number}
                await ask(client, "aql_write", query=query, bind_vars=bind_vars)
            case 1:
                content = f"Call {number} was made."
                await ask(client, "context_add", context=f"c{number % 5}", content=content)
            case 2:
                answer = await ask(client, "aql_read", query=f"RETURN {number}")
                assert answer["rows"] == [number]
            case _:
                await ask(client, "context_list")

    async with Client(server, read_timeout_seconds=500) as client:
        async with anyio.create_task_group() as tasks:
            for number in range(CALLS):
                tasks.start_soon(one, client, number)
        assert sum(answered.values()) == CALLS
        sizes = (await ask(client, "context_list"))["contexts"]
        assert sum(context["entries"] for context in sizes) == CALLS // 4
        stored = await ask(client, "aql_read", query="RETURN LENGTH(calls_at_once)")
        assert stored["rows"] == [CALLS // 4]
