"""A collection against a plain dict: any sequence of writes leaves both the same."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

from hades_mcp.embedded.errors import ArangoError
from hades_mcp.embedded.storage import Bound, Engine

if TYPE_CHECKING:
    from collections.abc import Callable

    from hades_mcp.embedded.storage import Collection, Transaction

KEYS = st.sampled_from(["a", "b", "c", "1", "2"])
SMALL = st.none() | st.integers(0, 3) | st.sampled_from(["x", "y"])
VECTOR = st.tuples(st.integers(-2, 2), st.integers(-2, 2)).map(list)
BODIES = st.fixed_dictionaries(
    {"v": VECTOR},
    optional={"n": SMALL, "u": st.integers(0, 4), "tags": st.lists(SMALL, max_size=3)},
)


class CollectionMachine(RuleBasedStateMachine):
    """Writes go to a collection with four indexes and to a dict; both must agree all the time."""

    def __init__(self) -> None:
        super().__init__()
        self.engine = Engine(None)
        self.tx: Transaction = self.engine.database("_system").begin(write=True)
        self.model: dict[str, dict[str, Any]] = {}
        self.saved: dict[str, dict[str, Any]] = {}

    def teardown(self) -> None:
        self.tx.abort()
        self.engine.close()

    @property
    def things(self) -> Collection:
        return self.tx.collection("things")

    @initialize()
    def make(self) -> None:
        things = self.tx.create_collection("things")
        things.ensure_index({"type": "persistent", "fields": ["n"]})
        things.ensure_index({"type": "persistent", "fields": ["tags[*]"]})
        things.ensure_index({"type": "persistent", "fields": ["u"], "unique": True, "sparse": True})
        params = {"metric": "l2", "dimension": 2, "nLists": 1}
        things.ensure_index({"type": "vector", "fields": ["v"], "params": params})
        self.end_transaction(commit=True)

    def taken(self, body: dict[str, Any], key: str) -> bool:
        value = body.get("u")
        return value is not None and any(
            other.get("u") == value for name, other in self.model.items() if name != key
        )

    @rule(key=KEYS, body=BODIES)
    def insert(self, key: str, body: dict[str, Any]) -> None:
        wanted = key not in self.model and not self.taken(body, key)
        self.write(wanted, lambda: self.things.insert({"_key": key, **body}))
        if wanted:
            self.model[key] = body

    @rule(rows=st.lists(st.tuples(KEYS, BODIES), max_size=4))
    def insert_many(self, rows: list[tuple[str, dict[str, Any]]]) -> None:
        results = self.things.insert_many([{"_key": key, **body} for key, body in rows])
        for (key, body), result in zip(rows, results, strict=True):
            wanted = key not in self.model and not self.taken(body, key)
            assert isinstance(result, ArangoError) != wanted
            if wanted:
                self.model[key] = body

    @rule(key=KEYS, body=BODIES)
    def replace(self, key: str, body: dict[str, Any]) -> None:
        wanted = key in self.model and not self.taken(body, key)
        self.write(wanted, lambda: self.things.replace(key, body))
        if wanted:
            self.model[key] = body

    @rule(key=KEYS, body=BODIES)
    def update(self, key: str, body: dict[str, Any]) -> None:
        merged = {**self.model.get(key, {}), **body}
        wanted = key in self.model and not self.taken(merged, key)
        self.write(wanted, lambda: self.things.update(key, body))
        if wanted:
            self.model[key] = merged

    @rule(key=KEYS)
    def remove(self, key: str) -> None:
        self.write(key in self.model, lambda: self.things.remove(key))
        self.model.pop(key, None)

    @rule()
    @precondition(lambda self: len(self.model) > 2)
    def truncate(self) -> None:
        self.things.truncate()
        self.model.clear()

    @rule(commit=st.booleans())
    def end_transaction(self, commit: bool) -> None:
        if commit:
            self.tx.commit()
            self.saved = dict(self.model)
        else:
            self.tx.abort()
            self.model = dict(self.saved)
        self.tx = self.engine.database("_system").begin(write=True)

    def write(self, wanted: bool, action: Callable[[], object]) -> None:
        if wanted:
            action()
            return
        with pytest.raises(ArangoError) as raised:
            action()
        assert raised.value.number in {1202, 1210}

    @invariant()
    def documents_agree(self) -> None:
        if not self.tx.has_collection("things"):
            return
        stored = {
            thing["_key"]: {name: thing[name] for name in thing if name[0] != "_"}
            for thing in self.things.scan()
        }
        assert stored == self.model
        assert self.things.count() == len(self.model)

    @invariant()
    def lookups_agree(self) -> None:
        if not self.tx.has_collection("things"):
            return
        _, number, tags, unique, _ = self.things.indexes()
        for value in (None, 0, 1, 2, 3, "x", "y"):
            assert self.found(number, value) == {
                key for key, body in self.model.items() if body.get("n") == value
            }
            assert self.found(tags, value) == {
                key for key, body in self.model.items() if value in body.get("tags", [])
            }
            assert self.found(unique, value) == {
                key
                for key, body in self.model.items()
                if value is not None and body.get("u") == value
            }

    @invariant()
    def neighbours_agree(self) -> None:
        if not self.tx.has_collection("things"):
            return
        index = self.things.indexes()[-1]
        found = [score for _, score in self.things.nearest(index, [0.5, 0.25], 10)]
        expected = sorted(
            ((body["v"][0] - 0.5) ** 2 + (body["v"][1] - 0.25) ** 2) ** 0.5
            for body in self.model.values()
        )
        assert found == expected

    def found(self, index: Any, value: Any) -> set[str]:
        bound = Bound((value,))
        return {thing["_key"] for thing in self.things.lookup(index, bound, bound)}


TestCollection = CollectionMachine.TestCase
TestCollection.settings = settings(max_examples=40, stateful_step_count=25, deadline=None)
