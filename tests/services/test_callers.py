"""Who acts is set by the door, kept over threads, and never in two calls at once."""

from __future__ import annotations

import anyio
import anyio.to_thread
import pytest

from hades_mcp.services.callers import CALLER, Principal, acting, caller, local_user

pytestmark = pytest.mark.anyio


def test_without_a_door_that_says_so_it_is_the_user_of_this_process() -> None:
    assert caller() == Principal(local_user())
    assert local_user()


def test_an_agent_acts_for_its_user_and_no_longer_than_it_acts() -> None:
    token = CALLER.set(Principal("ann"))
    with acting("librarian"):
        assert caller() == Principal("ann", "librarian")
        assert str(caller()) == "librarian for ann"
    assert str(caller()) == "ann"
    CALLER.reset(token)
    with acting("analyst"):
        assert caller().user == local_user()


async def test_calls_at_once_keep_their_principals_apart() -> None:
    seen: dict[str, str] = {}
    met = anyio.Event()

    async def call(user: str) -> None:
        CALLER.set(Principal(user))
        if user == "ann":
            await met.wait()  # until another has set its own
        met.set()
        with acting(f"{user}s-agent"):
            seen[user] = await anyio.to_thread.run_sync(lambda: str(caller()))

    async with anyio.create_task_group() as group:
        for user in ("ann", "bob"):
            group.start_soon(call, user)
    assert seen == {"ann": "anns-agent for ann", "bob": "bobs-agent for bob"}
