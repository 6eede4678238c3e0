"""Tasks of HADES-Bench: a question about a small world, and what must hold afterwards."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal, Protocol, TypeAlias, TypeVar

from pydantic import Field, JsonValue, TypeAdapter, ValidationError

from hades_mcp import assets
from hades_mcp.errors import ConfigError, UnknownName
from hades_mcp.training.recipe import CLOSED

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from pydantic import ConfigDict

HADES_BENCH = "hades-bench"
Split = Literal["dev", "held-out"]
SPLITS: tuple[Split, ...] = ("dev", "held-out")

Ways = tuple[str, ...]
"""Ways to write one fact; one of them is enough."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Number:
    """The answer has this number, and hardly any other that the question has not."""

    __pydantic_config__: ClassVar[ConfigDict] = CLOSED
    value: float
    kind: Literal["number"] = "number"


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """Of a set of names, the answer has just these, in any order."""

    __pydantic_config__: ClassVar[ConfigDict] = CLOSED
    exactly: Annotated[tuple[str, ...], Field(min_length=1)]
    among: tuple[str, ...]
    kind: Literal["names"] = "names"


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """The answer has each of these facts, in one of its ways."""

    __pydantic_config__: ClassVar[ConfigDict] = CLOSED
    all: Annotated[tuple[Ways, ...], Field(min_length=1)]
    kind: Literal["facts"] = "facts"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cites:
    """The answer cites these documents: by title, by id, or in the run's own list."""

    __pydantic_config__: ClassVar[ConfigDict] = CLOSED
    titles: Annotated[tuple[str, ...], Field(min_length=1)]
    kind: Literal["cites"] = "cites"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """One entry of a context has all these facts."""

    __pydantic_config__: ClassVar[ConfigDict] = CLOSED
    context: str
    all: Annotated[tuple[Ways, ...], Field(min_length=1)]
    kind: Literal["stored"] = "stored"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """A query finds these rows in the world afterwards."""

    __pydantic_config__: ClassVar[ConfigDict] = CLOSED
    query: str
    equals: list[JsonValue]
    kind: Literal["rows"] = "rows"


@dataclass(frozen=True, slots=True, kw_only=True)
class Abstains:
    """The answer says no, without any of these names and without a number of its own."""

    __pydantic_config__: ClassVar[ConfigDict] = CLOSED
    names: tuple[str, ...] = ()
    kind: Literal["abstains"] = "abstains"


@dataclass(frozen=True, slots=True, kw_only=True)
class Unchanged:
    """No document, edge or context entry was made, changed or removed."""

    __pydantic_config__: ClassVar[ConfigDict] = CLOSED
    kind: Literal["unchanged"] = "unchanged"


Check: TypeAlias = Annotated[
    Number | Names | Facts | Cites | Stored | Rows | Abstains | Unchanged,
    Field(discriminator="kind"),
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One question; every one of its checks must hold after the run."""

    __pydantic_config__: ClassVar[ConfigDict] = CLOSED
    id: Annotated[str, Field(min_length=1)]
    category: str
    world: str
    split: Split
    question: Annotated[str, Field(min_length=1)]
    checks: Annotated[tuple[Check, ...], Field(min_length=1)]


@dataclass(frozen=True, slots=True)
class Bench:
    """Tasks in the order they are played; `digest` is the SHA-256 of all that was read."""

    tasks: tuple[Task, ...]
    digest: str

    @property
    def categories(self) -> list[str]:
        """Names of the categories, sorted."""
        return sorted({task.category for task in self.tasks})


_TASK = TypeAdapter(Task)


class HasCategory(Protocol):
    """A task of any suite."""

    @property
    def category(self) -> str:
        """Its category's name."""
        ...


Categorised = TypeVar("Categorised", bound=HasCategory)


def load_bench(home: Path, splits: Sequence[Split] = SPLITS) -> Bench:
    """Read HADES-Bench; a split that is not asked for is not even opened.

    Raises:
        ConfigError: A line is no task, stands in the wrong file, or repeats an id.
    """
    tasks: dict[str, Task] = {}
    digest = hashlib.sha256()
    for split in SPLITS:
        if split not in splits:
            continue
        path = f"suites/{HADES_BENCH}/{split}.jsonl"
        text = assets.find(home, "training", path).read_bytes()
        digest.update(text)
        for number, line in enumerate(text.splitlines(), start=1):
            task = _parse(line, f"{path} line {number}")
            if task.id in tasks or task.split != split:
                raise ConfigError(f"{path} line {number}: {task.id!r} does not belong there.")
            tasks[task.id] = task
    for world in sorted({task.world for task in tasks.values()}):
        digest.update(world_text(home, world))
    return Bench(tuple(tasks[name] for name in sorted(tasks)), digest.hexdigest())


def choose(bench: Bench, categories: Sequence[str], limit: int | None) -> tuple[Task, ...]:
    """Return the tasks of some categories (none named: of all), at most `limit`.

    A limit takes from each category in turn, so that few tasks still show all of them.

    Raises:
        UnknownName: There is no such category.
    """
    for name in categories:
        if name not in bench.categories:
            raise UnknownName("category", name, bench.categories)
    kept = [task for task in bench.tasks if not categories or task.category in categories]
    return in_turn(kept, limit)


def in_turn(items: Sequence[Categorised], limit: int | None) -> tuple[Categorised, ...]:
    """Return all of some tasks as they are, or at most `limit`, from each category in turn."""
    if limit is None or limit >= len(items):
        return tuple(items)
    turn: dict[str, int] = {}
    ranked = []
    for place, item in enumerate(items):
        turn[item.category] = turn.get(item.category, 0) + 1
        ranked.append((turn[item.category], place, item))
    return tuple(item for _, _, item in sorted(ranked, key=lambda one: one[:2])[:limit])


def world_text(home: Path, world: str) -> bytes:
    """Return the file of a world."""
    path = f"suites/{HADES_BENCH}/{world}.world.json"
    return assets.find(home, "training", path).read_bytes()


def _parse(line: bytes, place: str) -> Task:
    try:
        return _TASK.validate_json(line)
    except ValidationError as error:
        problem = error.errors()[0]
        where = ".".join(str(part) for part in problem["loc"])
        raise ConfigError(f"{place} is no task: {where}: {problem['msg']}.") from None
