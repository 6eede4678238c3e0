"""A real Qwen2.5-Coder summarises a context that grew, while additions go on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from hades_mcp.config import load_settings
from hades_mcp.embedders.hashing import HashEmbedder
from hades_mcp.services.contexts.compaction import LEAST
from hades_mcp.services.contexts.tiers import HOT
from hades_mcp.tools.toolset import Toolset
from hades_mcp.workspace import open_workspace

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [pytest.mark.anyio, pytest.mark.slow]

OLD = (
    "The oven in Lisbon costs 4,200 euros.",
    "Ann ordered the oven on 3 March.",
    "The baker wants it to be delivered before Easter.",
    "Nobody knows yet who pays for the transport.",
)


async def test_a_real_model_summarises_what_is_no_longer_hot(
    model_url: str, tmp_path: Path
) -> None:
    settings = load_settings(
        home=tmp_path, model_url=model_url, model_timeout=600, model_max_tokens=96, compact_after=4
    )
    assert len(OLD) == LEAST
    with open_workspace(settings, embedder=HashEmbedder(32)) as workspace:
        tools = Toolset(workspace)
        for text in (*OLD, *(f"Visit {number} was short." for number in range(HOT))):
            answer = await tools.call("context_add", {"context": "oven", "content": text})
            assert not answer.is_error, answer.content
        workspace.tidier.wait(600)
        about = workspace.contexts.show("oven")
        assert about.entries == len(OLD) + HOT + 1
        assert about.tiers["cold"] == len(OLD)
        found = workspace.contexts.get("oven", limit=100).entries
        (summary,) = [entry for entry in found if entry.source == "summary"]
        assert "oven" in summary.content
        assert any(fact in summary.content for fact in ("4,200", "Lisbon", "Ann", "March"))
        workspace.journal.undo()
        undone = workspace.contexts.show("oven")
        assert undone.entries == len(OLD) + HOT
        assert "cold" not in undone.tiers
