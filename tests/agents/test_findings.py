"""A finished run says what it called, what it found, and which documents the answer rests on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from tests.agents.library import ask, library, query, search

from hades_mcp.agents.events import CallMade, RunFinished
from hades_mcp.messages import ToolCall
from hades_mcp.models import ScriptedModel

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hades_mcp.workspace import Workspace

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
def workspace(tmp_path_factory) -> Iterator[Workspace]:
    with library(tmp_path_factory.mktemp("home")) as opened:
        yield opened


async def finish(workspace: Workspace, *script: Any) -> RunFinished:
    finished = (await ask(workspace, ScriptedModel(script)))[-1]
    assert isinstance(finished, RunFinished)
    return finished


def title_of(workspace: Workspace, identifier: str) -> str:
    return str(workspace.documents.get(identifier)["title"])


async def test_calls_are_told_with_what_became_of_them(workspace):
    wrong = ToolCall("c1", "document_get", {"document": "Oceans"})
    finished = await finish(workspace, wrong, query("RETURN 1 + 1"), "Two.")
    assert finished.tool_calls == (
        CallMade("document_get", {"document": "Oceans"}, ok=False, channel="native"),
        CallMade("aql_read", {"query": "RETURN 1 + 1"}, ok=True, channel="native"),
    )


async def test_rows_are_those_of_the_last_call_that_went_well(workspace):
    listed = query("FOR d IN documents SORT d.title RETURN d.title")
    broken = query("FOR d IN", "q2")
    finished = await finish(workspace, search("rivers"), listed, broken, "Three.")
    assert finished.rows == ["Deserts", "Lakes", "Rivers"]


async def test_without_a_call_for_data_there_are_no_rows(workspace):
    assert (await finish(workspace, "Hello.")).rows is None
    schema = ToolCall("c1", "context_add", {"context": "notes", "content": "x"})
    assert (await finish(workspace, schema, "Noted.")).rows is None


async def test_a_document_named_in_the_answer_is_cited(workspace):
    finished = await finish(workspace, search("water", limit=3), "Rivers, says the book Lakes.")
    assert {title_of(workspace, one) for one in finished.cited} == {"Rivers", "Lakes"}


async def test_a_document_whose_words_are_used_is_cited(workspace):
    said = "They store fat in their humps."
    finished = await finish(workspace, search("camels", limit=3), said)
    assert [title_of(workspace, one) for one in finished.cited] == ["Deserts"]


async def test_an_answer_that_names_nothing_rests_on_the_last_data(workspace):
    one = ToolCall("c2", "document_get", {"document": "Lakes"})
    finished = await finish(workspace, search("water", limit=3), one, "Between three states.")
    assert [title_of(workspace, one) for one in finished.cited] == ["Lakes"]


async def test_only_what_a_result_showed_can_be_cited(workspace):
    finished = await finish(workspace, query("RETURN 3"), "Three books, one of them Rivers.")
    assert finished.cited == ()


async def test_a_no_that_rests_on_data_is_no_abstention(workspace):
    finished = await finish(workspace, search("water"), "No, Rivers are not still.")
    assert not finished.abstained
    assert finished.cited


async def test_data_that_does_not_help_is_not_cited(workspace):
    finished = await finish(workspace, search("quasars"), "The documents do not mention quasars.")
    assert finished.abstained
    assert finished.cited == ()


async def test_the_conversation_is_given_back_whole(workspace):
    finished = await finish(workspace, search("rivers"), "Water.")
    roles = [message.role for message in finished.messages]
    assert roles == ["system", "user", "assistant", "tool", "assistant"]
    assert finished.messages[-1].content == "Water."
