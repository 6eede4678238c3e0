"""Everything HADES asks of ArangoDB: the contract of the tools, worlds and checks, recorded."""

from __future__ import annotations

from contextlib import ExitStack
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import pytest
from tests.promises.backends import test_contract
from tests.promises.backends.kitchens import Kitchen
from tests.promises.backends.recording import Recorder

from hades_mcp import workspace
from hades_mcp.config import Settings

if TYPE_CHECKING:
    from collections.abc import Callable

    from arango.client import ArangoClient
    from tests.promises.backends.recording import Shapes

PASSAGES = 300
"""Enough for a vector index."""


def all_requests() -> Shapes:
    """Return each kind of request HADES makes, on the database alone and beside Milvus."""
    shapes: Shapes = {}
    listened = partial(_listened, workspace._client, shapes)
    with pytest.MonkeyPatch.context() as listening:
        listening.setattr(workspace, "_client", listened)
        _run(partial(Settings, vectors="arango"))
        _run(partial(Settings, vectors="milvus"))
    return shapes


def _listened(
    make: Callable[[Settings], ArangoClient], shapes: Shapes, settings: Settings
) -> ArangoClient:
    client = make(settings)
    Recorder(client, shapes)
    return client


def _run(settings: Callable[..., Settings]) -> None:
    with TemporaryDirectory() as folder, ExitStack() as stack:
        home = Path(folder)
        kitchen = Kitchen(settings(home=home / "first"))
        stack.callback(kitchen.close)
        kitchen.furnish()
        for name, promise in vars(test_contract).items():
            if name.startswith("test_") and promise.__code__.co_argcount:
                promise(kitchen)
        people = home / "people.csv"
        people.write_text("name\n" + "".join(f"Person {n}\n" for n in range(PASSAGES)))
        kitchen.ask("document_add", path=str(people))
        kitchen.titles("person 7")
        unique = {"type": "persistent", "fields": ["n"], "unique": True}
        kitchen.workspace.db.collection("loaves").add_index(unique)
        kitchen.workspace.world.dump(home / "world.json")
        kitchen.workspace.fsck.check(mend=True)
        with workspace.open_workspace(
            settings(home=home / "second"), embedder=kitchen.workspace.embedder
        ) as other:
            other.world.load(home / "world.json")
            other.world.load(home / "world.json", replace=True)
