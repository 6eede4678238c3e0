"""A model stores text, reads it back and deletes it, with plain words in and out."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from hades_mcp.config import Settings
from hades_mcp.embedders.hashing import HashEmbedder
from hades_mcp.errors import InvalidArgument
from hades_mcp.tools.toolset import Toolset
from hades_mcp.workspace import Workspace, open_workspace

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator
    from pathlib import Path

    Call = Callable[..., Awaitable[Any]]

pytestmark = pytest.mark.anyio


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    settings = Settings(home=tmp_path / "home", document_folders=str(tmp_path / "shelf"))
    with open_workspace(settings, embedder=HashEmbedder(32)) as opened:
        yield opened


@pytest.fixture
def call(workspace: Workspace) -> Call:
    tools = Toolset(workspace)

    async def make(name: str, **arguments: Any) -> Any:
        return json.loads((await tools.call(name, arguments)).content)

    return make


async def test_an_emoji_that_was_cut_in_two_loses_no_call(call: Call) -> None:
    half = "Nine to five \ud83d"
    added = await call("document_add", text=half, title="Hours \ud83d")
    assert (await call("document_get", document=added["document"]))["text"] == "Nine to five ?"
    assert (await call("search", text=half))["hits"][0]["id"] == added["document"]
    assert (await call("aql_read", query="RETURN @a", bind_vars={"a": [half]}))["rows"] == [
        ["Nine to five ?"]
    ]


async def test_text_goes_in_as_words_and_is_found_read_and_deleted(call: Call) -> None:
    added = await call("document_add", text="Nine to five.", title="Opening hours")
    assert added["outcome"] == "added"
    found = await call("search", text="nine five")
    assert found["hits"][0]["id"] == added["document"]
    read = await call("document_get", document="opening hours")
    assert (read["text"], read["kind"]) == ("Nine to five.", "note")
    assert 0 < read["trust"] <= 1
    assert not {"embedding", "evidence", "content_hash", "_rev"} & set(read)
    assert (await call("document_delete", document="Opening hours"))["deleted"] == 1
    assert "no document" in (await call("document_get", document="Opening hours"))["error"]


async def test_what_a_model_deleted_or_overwrote_comes_back(
    call: Call, workspace: Workspace
) -> None:
    await call("document_add", text="Nine to five.", title="Opening hours")
    changed = await call("document_add", text="Never.", title="Opening hours")
    assert changed["outcome"] == "updated"
    workspace.journal.undo(changed["undo"])
    assert (await call("document_get", document="Opening hours"))["text"] == "Nine to five."
    deleted = await call("document_delete", document="Opening hours")
    workspace.journal.undo(deleted["undo"])
    assert (await call("document_get", document="Opening hours"))["text"] == "Nine to five."
    assert (await call("search", text="nine"))["hits"][0]["title"] == "Opening hours"


async def test_a_folder_is_added_and_what_was_skipped_is_said(call: Call, tmp_path: Path) -> None:
    (tmp_path / "shelf").mkdir()
    (tmp_path / "shelf" / "tea.md").write_text("---\nauthor: Ada\n---\n# Tea\n\nHot.\n")
    (tmp_path / "shelf" / "logo.png").write_bytes(b"\x89PNG\0")
    added = await call("document_add", path=str(tmp_path / "shelf"))
    assert (added["added"], added["documents"]) == (1, 1)
    assert added["skipped"] == [f"{tmp_path / 'shelf' / 'logo.png'}: binary"]
    found = await call("search", text="hot", where={"author": "Ada"})
    assert [hit["title"] for hit in found["hits"]] == ["Tea"]


async def test_files_outside_the_folders_allowed_are_not_read(call: Call, tmp_path: Path) -> None:
    secret = tmp_path / "secret.md"
    secret.write_text("The key is under the mat.")
    (tmp_path / "shelf").mkdir()
    (tmp_path / "shelf" / "innocent.md").symlink_to(secret)
    for path in (secret, tmp_path / "shelf" / ".." / "secret.md", tmp_path / "shelf/innocent.md"):
        refused = await call("document_add", path=str(path))
        assert "outside the folders" in refused["error"]


async def test_a_web_address_is_told_from_a_path(tmp_path: Path) -> None:
    with open_workspace(Settings(home=tmp_path), embedder=HashEmbedder(32)) as opened:
        answer = await Toolset(opened).call("document_add", {"path": "https://example.org/a"})
        assert answer.is_error
        assert "Web addresses are not read: 'https://example.org/a'." in answer.content
        with pytest.raises(InvalidArgument, match="Web addresses are not read"):
            opened.documents.ingest(["https://example.org/a"])


async def test_hidden_files_are_left_to_people(tmp_path: Path) -> None:
    hidden = tmp_path / ".ssh" / "id"
    hidden.parent.mkdir()
    hidden.write_text("secret")
    with open_workspace(Settings(home=tmp_path / "h"), embedder=HashEmbedder(32)) as opened:
        answer = await Toolset(opened).call("document_add", {"path": str(hidden)})
        assert answer.is_error
        assert "hidden" in answer.content
        assert opened.db.collection("documents").count() == 0


@pytest.mark.parametrize("arguments", [{}, {"text": "a", "path": "b"}])
async def test_either_a_text_or_a_path_is_wanted(call: Call, arguments: dict[str, str]) -> None:
    refused = await call("document_add", **arguments)
    assert "either text or path" in refused["error"]
    assert '"title"' in refused["hint"]
