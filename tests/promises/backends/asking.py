"""Everything HADES asks of ArangoDB: the contract of the tools, worlds and upkeep, recorded."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import pytest
from tests.promises.backends import test_contract
from tests.promises.backends.kitchens import furnished, opened
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
        with TemporaryDirectory() as folder:
            _ask_of_everything(Path(folder))
        with TemporaryDirectory() as folder:
            _ask_beside_milvus(Path(folder))
    return shapes


def _listened(
    make: Callable[[Settings], ArangoClient], shapes: Shapes, settings: Settings
) -> ArangoClient:
    client = make(settings)
    Recorder(client, shapes)
    return client


def _ask_of_everything(home: Path) -> None:
    with furnished(Settings(home=home / "first")) as kitchen:
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
        kitchen.workspace.library.install("aql")
        kitchen.workspace.verification.run()
        kitchen.workspace.reembed.run(force=True)
    with opened(Settings(home=home / "second")) as other:
        other.workspace.world.load(home / "world.json")
        other.workspace.world.load(home / "world.json", replace=True)


def _ask_beside_milvus(home: Path) -> None:
    """Ask what keeps the copy in step."""
    with furnished(Settings(home=home, vectors="milvus")) as kitchen:
        test_contract.test_a_deleted_document_is_found_again_once_it_is_undone(kitchen)
        test_contract.test_the_stores_agree_after_all_of_it(kitchen)
        kitchen.workspace.reembed.run(force=True)
