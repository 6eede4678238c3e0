"""A model finds documents with the tool `search`, and keeps to what it asks for."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from hades_mcp.config import Settings
from hades_mcp.embedders.hashing import HashEmbedder
from hades_mcp.tools.toolset import Toolset
from hades_mcp.workspace import open_workspace

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.anyio


async def test_where_keeps_to_what_the_graph_connects_and_to_attributes(tmp_path: Path) -> None:
    with open_workspace(Settings(home=tmp_path), embedder=HashEmbedder(32)) as workspace:
        tools = Toolset(workspace)

        async def call(name: str, **arguments: Any) -> Any:
            return json.loads((await tools.call(name, arguments)).content)

        async def titles(**where: Any) -> set[str]:
            found = await call("search", text="pump", limit=20, where=where)
            return {hit["title"] for hit in found["hits"]}

        for title in ("Inlet", "Valve", "Boiler", "Chimney", "Garden"):
            await call("document_add", text=f"{title}: a pump.", title=title)
        for near, far in (("Inlet", "Valve"), ("Boiler", "Valve"), ("Boiler", "Chimney")):
            related = await call("graph_relate", start=near, target=far)
            assert "error" not in related
        assert await titles(connected_to="Inlet") == {"Valve", "Boiler"}
        assert await titles(connected_to=["Inlet", "Chimney"]) == {"Valve", "Boiler"}
        assert await titles(connected_to="Inlet", title="Valve") == {"Valve"}
        assert await titles(connected_to="Garden") == set()
        wrong = await call("search", text="pump", where={"connected_to": "Bolier"})
        assert "'Boiler'" in json.dumps(wrong)
        assert "'connected_to'" in json.dumps(
            await call("search", text="pump", where={"conected_to": "Boiler"})
        )
