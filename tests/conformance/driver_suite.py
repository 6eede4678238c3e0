"""`make driver-suite`: python-arango's own tests, unedited, answered by the embedded engine.

The suite is a checkout of the driver's repository (its `tests/` with the `arango/` they belong to)
that HADES_DRIVER_SUITE names; nothing of it is kept here.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree as ET

VARIABLE = "HADES_DRIVER_SUITE"
FLOOR = 135
"""Tests that must pass, of those that are left when `ELSEWHERE` is taken out (139 in 8.3.2)."""

ELSEWHERE = {
    "test_backup": "hot backups",
    "test_cluster": "a cluster",
    "test_foxx": "Foxx services",
    "test_pregel": "Pregel",
    "test_replication": "replication",
    "test_task": "tasks in JavaScript",
    "test_wal": "replication: its log of writes",
}
"""Test modules about what a single embedded database does not have; every other test counts."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one test ended.

    Attributes:
        test: Its id, without parameters.
        word: passed, failed or skipped; a test that skips itself counts as not passed.
        why: What it said, one line.
    """

    test: str
    word: str
    why: str


def suite() -> Path | None:
    """Return the folder of the suite; None if the variable names none."""
    named = os.environ.get(VARIABLE)
    folder = Path(named) if named else None
    return folder if folder and (folder / "tests" / "conftest.py").exists() else None


def run(folder: Path) -> list[Outcome]:
    """Run the suite in a process of its own and return how each test ended."""
    here = Path(__file__).parent
    with tempfile.TemporaryDirectory() as scratch:
        report = Path(scratch) / "report.xml"
        left_out = [f"--ignore={folder / 'tests' / name}.py" for name in ELSEWHERE]
        command = [sys.executable, "-m", "pytest", "-q", "-p", "driver_plugin"]
        command += ["-p", "no:cacheprovider", "-W", "ignore", f"--junitxml={report}", *left_out]
        command += [f"--rootdir={folder}", str(folder / "tests"), "--skip", "backup"]
        paths = os.pathsep.join([str(here), str(folder)])
        process = subprocess.run(
            command,
            cwd=scratch,
            env={**os.environ, "PYTHONPATH": paths, "PYTEST_ADDOPTS": ""},
            capture_output=True,
            text=True,
            check=False,
        )
        if not report.exists():
            raise RuntimeError(f"the suite did not start: {process.stdout}{process.stderr}")
        return [_outcome(case) for case in ET.parse(report).iter("testcase")]


def _outcome(case: ET.Element) -> Outcome:
    test = (
        f"{case.get('classname', '').rpartition('.')[2]}::{case.get('name', '').partition('[')[0]}"
    )
    for word, tags in (("failed", ("failure", "error")), ("skipped", ("skipped",))):
        for tag in tags:
            if (found := case.find(tag)) is not None:
                return Outcome(test, word, " ".join(found.get("message", "").split())[:160])
    return Outcome(test, "passed", "")


def main(arguments: list[str]) -> int:
    """Run the suite, print what did not pass and the count; 1 below the floor.

    Args:
        arguments: The checkout, unless the variable names it.
    """
    if arguments:
        os.environ[VARIABLE] = arguments[0]
    folder = suite()
    if folder is None:
        sys.stdout.write(
            f"driver-suite: skipped, {VARIABLE} names no checkout of python-arango with tests/\n"
        )
        return 0
    outcomes = run(folder)
    for each in outcomes:
        if each.word != "passed":
            sys.stdout.write(f"  {each.word:8} {each.test}: {each.why}\n")
    passed = sum(each.word == "passed" for each in outcomes)
    sys.stdout.write(f"python-arango's own tests: {passed} / {len(outcomes)} passed\n")
    return 0 if passed >= FLOOR else 1


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
