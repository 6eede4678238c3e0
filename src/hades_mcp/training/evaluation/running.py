"""Plays many tasks in a fixed order and keeps each as it ends, so that a run can be resumed."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import orjson

from hades_mcp.errors import ConfigError, InvalidArgument, Unavailable
from hades_mcp.training.evaluation.playing import Attempt

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence
    from pathlib import Path

ATTEMPTS = "attempts.jsonl"
MOST_BROKEN = 3


@dataclass(frozen=True, slots=True)
class Conditions:
    """What an evaluation was made under; attempts made under others never mix with them.

    Args:
        suite: The suite's name.
        digest: SHA-256 of its tasks and worlds.
        model: What the server calls the model.
        agent: Who played.
        made_of: Hashes and settings that change what the model sees.
    """

    suite: str
    digest: str
    model: str
    agent: str
    made_of: dict[str, str]

    @property
    def id(self) -> str:
        """A short hash of them."""
        raw = orjson.dumps(self.row(), option=orjson.OPT_SORT_KEYS)
        return hashlib.sha256(raw).hexdigest()[:8]

    def row(self) -> dict[str, Any]:
        """Return them as JSON."""
        return {
            "suite": self.suite,
            "digest": self.digest,
            "model": self.model,
            "agent": self.agent,
            "made_of": self.made_of,
        }


class Journal:
    """The file of one evaluation: its conditions, then one attempt a line.

    Args:
        folder: Where `attempts.jsonl` lies; made if it is not there.
        conditions: Must be those of an earlier run that is resumed.

    Raises:
        InvalidArgument: The folder holds an evaluation made under other conditions.
        ConfigError: It cannot be read or written.
    """

    def __init__(self, folder: Path, conditions: Conditions) -> None:
        self._path = folder / ATTEMPTS
        try:
            folder.mkdir(parents=True, exist_ok=True)
            lines = _lines(self._path)
            if not lines:
                self._path.write_bytes(orjson.dumps(conditions.row()) + b"\n")
            elif lines[0] != conditions.row():
                raise InvalidArgument(
                    f"{folder} holds an evaluation of {lines[0].get('model')} on "
                    f"{lines[0].get('suite')} under other conditions.",
                    hint="Name another folder with --out, or delete this one.",
                )
        except OSError as error:
            raise ConfigError(f"{folder} cannot be used: {error.strerror}.") from None
        self.done = {row["id"]: Attempt(**{**row, "calls": tuple(row["calls"])})
                     for row in lines[1:]}  # fmt: skip

    def keep(self, attempt: Attempt) -> None:
        """Write one attempt, whole or not at all as far as a later reader can tell."""
        attempt = attempt.veiled()
        with self._path.open("ab") as file:
            file.write(orjson.dumps(attempt.row()) + b"\n")
        self.done[attempt.id] = attempt


async def evaluate_all(
    ids: Sequence[str],
    play: Callable[[str], Awaitable[Attempt]],
    journal: Journal,
    *,
    progress: Callable[[int, int, str], None] | None = None,
    alive: Callable[[], Awaitable[bool]] | None = None,
) -> list[Attempt]:
    """Play what has not been played, one after the other, and return all attempts in order.

    What broke off (the server went away) is played again when the evaluation is resumed; when
    several in a row do, there is no use in going on. What breaks off twice though the server is
    there is not solved: some replies a server cannot read itself, each time.

    Args:
        ids: The tasks, in their order.
        play: Plays one.
        journal: Where attempts are kept.
        progress: Called before each with (done, all, the task's id).
        alive: Asks whether the server is there.

    Raises:
        Unavailable: `MOST_BROKEN` runs in a row broke off.
    """
    broken = 0
    for number, name in enumerate(ids):
        if progress is not None:
            progress(number, len(ids), name)
        known = journal.done.get(name)
        if known is None or known.stop == "error":
            journal.keep(attempt := await _played(name, play, alive))
            broken = broken + 1 if attempt.stop == "error" else 0
            if broken == MOST_BROKEN:
                raise Unavailable(
                    f"{broken} tasks in a row broke off; the last: {attempt.why}",
                    hint="The same command goes on from here.",
                )
    return [journal.done[name] for name in ids]


async def _played(
    name: str,
    play: Callable[[str], Awaitable[Attempt]],
    alive: Callable[[], Awaitable[bool]] | None,
) -> Attempt:
    attempt = await play(name)
    if attempt.stop != "error" or alive is None or not await alive():
        return attempt
    again = await play(name)
    refused = again.stop == "error" and await alive()
    return replace(again, stop="refused") if refused else again


def _lines(path: Path) -> list[dict[str, Any]]:
    """Return the whole lines of a file; a last one that a killed process left half is cut off."""
    if not path.exists():
        return []
    raw = path.read_bytes()
    whole = raw[: raw.rfind(b"\n") + 1]
    if whole != raw:
        path.write_bytes(whole)
    try:
        return [orjson.loads(line) for line in whole.splitlines()]
    except orjson.JSONDecodeError as error:
        raise ConfigError(f"{path} is no evaluation: {error}.", hint="Delete it.") from None
