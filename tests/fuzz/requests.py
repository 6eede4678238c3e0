"""Fuzzes the REST face: `python -m tests.fuzz.requests -max_total_time=600`."""

from __future__ import annotations

import sys
from importlib import import_module
from random import Random

atheris = import_module("atheris")  # no dependency of ours, and it has no types

with atheris.instrument_imports(include=["hades_mcp.embedded"]):
    from tests.fuzz.bounds import bounded_request
    from tests.fuzz.words import asked, spoiled_request

    from hades_mcp.embedded.rest import Server
    from hades_mcp.embedded.storage import Engine


def main() -> None:
    """Fuzz until told to stop; a finding is written to a file by libFuzzer."""
    engine = Engine(None)
    server = Server(engine)

    def one(data: bytes) -> None:
        method, path, body = asked(data)
        bounded_request(server, method, path, body)

    def mutate(data: bytes, size: int, seed: int) -> bytes:
        random = Random(seed)
        if random.random() < 0.2:
            return bytes(atheris.Mutate(data, size))
        return spoiled_request(data, random)[:size]

    atheris.Setup([*sys.argv, "-max_len=1000"], one, custom_mutator=mutate)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
