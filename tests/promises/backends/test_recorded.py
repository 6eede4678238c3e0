"""ArangoDB by recorded exchanges: what of HADES's requests a real server was seen to answer."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.promises.backends.asking import all_requests
from tests.promises.backends.recorded import FILE, PAGE, as_text, exchanges, paged, table, written

if TYPE_CHECKING:
    from tests.promises.backends.recording import Shapes


@pytest.fixture(scope="module")
def made() -> Shapes:
    return all_requests()


def test_the_docs_name_every_request_that_no_recording_shows(made: Shapes) -> None:
    assert made.keys() >= written().keys()
    assert PAGE.read_text() == paged(table(made, written())), (
        "Run: python -m tests.promises.backends.recorded"
    )


@pytest.mark.skipif("HADES_CONFORMANCE" not in os.environ, reason="the recordings are not here")
def test_what_is_written_of_the_recordings_is_what_they_say(made: Shapes) -> None:
    where = Path(os.environ["HADES_CONFORMANCE"])
    assert FILE.read_text() == as_text(exchanges(where, made))
