"""Two users at once: what was minted for one is, for the other, not there."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import anyio
import pytest

from hades_mcp.config import Settings
from hades_mcp.embedders.hashing import HashEmbedder
from hades_mcp.services.callers import CALLER, Principal, acting
from hades_mcp.tools.toolset import Toolset
from hades_mcp.workspace import open_workspace

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.anyio

LONG = "FOR n IN 1..900 RETURN {n, text: REPEAT('word ', 6)}"
UNKNOWN = "ctx-AAAAAAAAAAAA"


@pytest.fixture
def tools(tmp_path: Path) -> Iterator[Toolset]:
    with open_workspace(Settings(home=tmp_path), embedder=HashEmbedder(32)) as workspace:
        yield Toolset(workspace)


async def said(tools: Toolset, user: str, name: str, /, **arguments: Any) -> tuple[bool, Any]:
    """Make a call as a door would: it sets whose call it is, and no more."""
    token = CALLER.set(Principal(user))
    answer = await tools.call(name, arguments)
    CALLER.reset(token)
    return not answer.is_error, json.loads(answer.content)


async def test_two_users_at_once_get_each_their_own_and_nothing_of_the_other(
    tools: Toolset,
) -> None:
    kept: dict[str, tuple[str, str, str]] = {}
    both = anyio.Event()
    refused: list[str] = []

    async def one(user: str, other: str) -> None:
        CALLER.set(Principal(user))
        made = json.loads((await tools.call("context_add", {"content": f"{user}'s"})).content)
        page = json.loads((await tools.call("aql_read", {"query": LONG})).content)
        kept[user] = made["context"], made["id"], page["next"]
        if len(kept) == 2:
            both.set()
        await both.wait()
        for number in range(5):
            context, entry, rest = kept[user if number % 2 else other]
            for name, arguments in [
                ("context_get", {"context": context}),
                ("context_add", {"context": context, "content": f"{user} again"}),
                ("feedback", {"target": entry, "helped": True}),
                ("more", {"next": rest}),
            ]:
                answer = await tools.call(name, arguments)
                assert answer.is_error is (number % 2 == 0), (user, name, answer.content)
                refused.extend([answer.content] if answer.is_error else [])

    async with anyio.create_task_group() as group:
        group.start_soon(one, "ann", "bob")
        group.start_soon(one, "bob", "ann")
    assert len(refused) == 2 * 3 * 4
    for user, other in (("ann", "bob"), ("bob", "ann")):
        _, got = await said(tools, user, "context_get", context=kept[user][0])
        assert other not in json.dumps(got)
        _, listed = await said(tools, user, "context_list")
        assert [one["name"] for one in listed["contexts"]] == [kept[user][0]]


@pytest.mark.parametrize(
    ("name", "argument"),
    [("context_get", "context"), ("context_add", "context"), ("context_clear", "context")],
)
async def test_another_s_handle_is_answered_as_one_that_was_never_minted(
    tools: Toolset, name: str, argument: str
) -> None:
    _, made = await said(tools, "ann", "context_add", content="It is Monday.")
    more = {"content": "x"} if name == "context_add" else {}
    answers = [
        await said(tools, "bob", name, **{argument: handle}, **more)
        for handle in (made["context"], UNKNOWN)
    ]
    hidden, unknown = (json.dumps(answer) for answer in answers)
    assert not answers[0][0]
    assert hidden.replace(made["context"], UNKNOWN) == unknown
    entry, none = [
        await said(tools, "bob", "context_clear", context=target)
        for target in (made["id"], "context_entries/0")
    ]
    assert str(entry).replace(made["id"], "context_entries/0") == str(none)
    assert (await said(tools, "ann", "context_get", context=made["context"]))[0]


async def test_a_page_of_another_is_answered_as_one_that_was_never_kept(tools: Toolset) -> None:
    _, page = await said(tools, "ann", "aql_read", query=LONG)
    hidden = await said(tools, "bob", "more", next=page["next"])
    unknown = await said(tools, "bob", "more", next="AAAAAAAAAAAA")
    assert str(hidden).replace(page["next"], "AAAAAAAAAAAA") == str(unknown)
    assert (await said(tools, "ann", "more", next=page["next"]))[0]


async def test_no_misspelling_leads_to_a_handle_of_another(tools: Toolset) -> None:
    _, made = await said(tools, "ann", "context_add", content="It is Monday.")
    _, answer = await said(tools, "bob", "context_get", context=made["context"][:-1])
    assert made["context"] not in str(answer)


async def test_names_that_people_choose_are_shared_in_their_database(tools: Toolset) -> None:
    await said(tools, "ann", "context_add", context="notes", content="It is Monday.")
    ok, got = await said(tools, "bob", "context_get", context="notes")
    assert ok
    assert [entry["content"] for entry in got["entries"]] == ["It is Monday."]


async def test_an_agent_uses_what_is_its_user_s_and_is_named_for_what_it_did(
    tools: Toolset,
) -> None:
    _, made = await said(tools, "ann", "context_add", content="It is Monday.")
    token = CALLER.set(Principal("ann"))
    with acting("librarian"):
        answer = await tools.call("context_add", {"context": made["context"], "content": "Rain."})
        assert not answer.is_error
        await tools.call("context_clear", {"context": made["context"]})
    CALLER.reset(token)
    (entry,) = tools._workspace.journal.list()  # type: ignore[union-attr]
    assert entry.principal == "librarian for ann"
    tools._workspace.journal.undo(entry.handle)  # type: ignore[union-attr]
    assert (await said(tools, "ann", "context_get", context=made["context"]))[0]
    assert not (await said(tools, "bob", "context_get", context=made["context"]))[0]
