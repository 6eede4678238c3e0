"""Runs the command line in this process, as a shell would see it."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import orjson
import pytest

from hades_mcp.cli.app import run

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Any


@dataclass(frozen=True)
class Done:
    """What a command left behind."""

    code: int
    out: str
    err: str

    @property
    def rows(self) -> list[Any]:
        """Standard output as JSON lines."""
        return [orjson.loads(line) for line in self.out.splitlines()]


class Hades(Protocol):
    """Runs `hades` with arguments and, maybe, text on standard input."""

    def __call__(self, *arguments: str | Path, stdin: str = "") -> Done: ...


@pytest.fixture
def hades(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Hades:
    def call(*arguments: str | Path, stdin: str = "") -> Done:
        monkeypatch.setattr("sys.stdin", io.StringIO(stdin))
        with pytest.raises(SystemExit) as left:
            run([str(argument) for argument in arguments])
        captured = capsys.readouterr()
        return Done(int(left.value.code or 0), captured.out, captured.err)

    return call


@pytest.fixture
def notes(tmp_path: Path) -> Path:
    """A small folder of two notes."""
    folder = tmp_path / "notes"
    folder.mkdir()
    (folder / "bees.md").write_text("# Bees\n\nBees make honey from nectar.\n")
    (folder / "rails.md").write_text("# Rails\n\nTrains run on steel rails.\n")
    return folder
