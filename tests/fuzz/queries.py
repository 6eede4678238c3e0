"""Fuzzes the parser and the executor: `python -m tests.fuzz.queries -max_total_time=600`."""

from __future__ import annotations

import sys
from contextlib import suppress
from importlib import import_module
from random import Random
from typing import TYPE_CHECKING, Any

atheris = import_module("atheris")  # no dependency of ours, and it has no types

with atheris.instrument_imports(include=["hades_mcp.embedded"]):
    from tests.fuzz.bounds import bounded_parse, bounded_run
    from tests.fuzz.words import seeds, spoiled

    from hades_mcp.embedded.storage import Engine

if TYPE_CHECKING:
    from hades_mcp.embedded.storage.transaction import Transaction

SEEDS = seeds()
PEOPLE: list[dict[str, Any]] = [
    {"_key": "ann", "name": "Ann", "age": 31},
    {"_key": "bob", "name": "Bob", "tags": ["x"]},
]


class Undone(Exception):
    """Takes back what a query wrote."""


def filled(engine: Engine) -> Transaction:
    """Begin a transaction with a small graph in it."""
    transaction = engine.database("_system").begin(write=True)
    people = transaction.create_collection("people")
    knows = transaction.create_collection("knows", edge=True)
    people.ensure_index({"type": "persistent", "fields": ["age"]})
    people.ensure_index({"type": "persistent", "fields": ["tags[*]"]})
    people.insert_many(PEOPLE)
    pairs = [("ann", "bob"), ("bob", "ann"), ("ann", "ann")]
    knows.insert_many([{"_from": f"people/{a}", "_to": f"people/{b}"} for a, b in pairs])
    return transaction


def mutate(data: bytes, size: int, seed: int) -> bytes:
    """Spoil a query by its words; now and then by its bytes."""
    random = Random(seed)
    if random.random() < 0.1:
        return bytes(atheris.Mutate(data, size))
    text = data.decode("utf-8", "replace") if random.random() < 0.7 else random.choice(SEEDS)
    return spoiled(text, random, SEEDS).encode("utf-8", "replace")[:size]


def main() -> None:
    """Fuzz until told to stop; a finding is written to a file by libFuzzer."""
    engine = Engine(None)
    transaction = filled(engine)

    def one(data: bytes) -> None:
        text = data.decode("utf-8", "surrogateescape")
        if bounded_parse(text):
            with_values = {"a": 1, "b": [None, {"c": 2.5}], "@c": "people"}
            wanted = {name: value for name, value in with_values.items() if f"@{name}" in text}
            with suppress(Undone), transaction.savepoint():
                bounded_run(transaction, text, wanted)
                raise Undone

    atheris.Setup([*sys.argv, "-max_len=600"], one, custom_mutator=mutate)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
