"""python-arango's own tests pass: those of one checkout, answered by the embedded engine."""

from __future__ import annotations

import pytest
from tests.conformance.driver_suite import FLOOR, VARIABLE, run, suite

WHOLE = 139


@pytest.mark.slow
def test_the_drivers_own_tests_pass():
    folder = suite()
    if folder is None:
        pytest.skip(f"{VARIABLE} names no checkout of python-arango with tests/")
    outcomes = run(folder)
    failed = [f"{each.test}: {each.why}" for each in outcomes if each.word != "passed"]
    assert len(outcomes) >= WHOLE
    assert len(outcomes) - len(failed) >= FLOOR, "\n".join(failed)
