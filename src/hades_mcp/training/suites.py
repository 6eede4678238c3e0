"""Evaluation suites: `training/suites/<name>.jsonl`, one checkable question a line."""

from __future__ import annotations

import hashlib
import unicodedata
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, TypeAlias, assert_never

import orjson
from pydantic import Field, JsonValue, TypeAdapter, ValidationError

from hades_mcp import assets
from hades_mcp.errors import ConfigError, UnknownName
from hades_mcp.training.recipe import CLOSED

if TYPE_CHECKING:
    from pathlib import Path

    from pydantic import ConfigDict

    from hades_mcp.messages import ToolCall
    from hades_mcp.types import JsonObject


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectedCall:
    """The first call must be this one.

    `arguments` lists the accepted values of each argument, as BFCL's `possible_answer` does: null
    among them means that it may be left out, an empty list that any value will do. An argument
    that is not listed must not be given.
    """

    __pydantic_config__: ClassVar[ConfigDict] = CLOSED

    tool: str
    arguments: dict[str, list[JsonValue]] = field(default_factory=dict)
    kind: Literal["call"] = "call"


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectedAnswer:
    """The final answer must contain each of these texts, whatever was called before."""

    __pydantic_config__: ClassVar[ConfigDict] = CLOSED

    contains: Annotated[tuple[str, ...], Field(min_length=1)]
    kind: Literal["answer"] = "answer"


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectedAbstention:
    """No tool may be called: the question needs none, or none fits."""

    __pydantic_config__: ClassVar[ConfigDict] = CLOSED

    kind: Literal["abstain"] = "abstain"


Expectation: TypeAlias = Annotated[
    ExpectedCall | ExpectedAnswer | ExpectedAbstention, Field(discriminator="kind")
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One question with what would be right."""

    __pydantic_config__: ClassVar[ConfigDict] = CLOSED

    id: Annotated[str, Field(min_length=1)]
    question: Annotated[str, Field(min_length=1)]
    expect: Expectation


@dataclass(frozen=True, slots=True)
class Suite:
    """A named list of cases; `digest` is the SHA-256 of its file."""

    name: str
    cases: tuple[Case, ...]
    digest: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a model did with one question: the calls it made, in order, and its last words."""

    calls: tuple[ToolCall, ...]
    answer: str


_CASE = TypeAdapter(Case)


def load_suite(home: Path, name: str) -> Suite:
    """Read `training/suites/<name>.jsonl`, the user's before the shipped one.

    Raises:
        UnknownName: There is no such suite.
        ConfigError: A line is no case, or two cases have one id.
    """
    path = f"suites/{name}.jsonl"
    if path not in assets.names(home, "training", ".jsonl"):
        raise UnknownName("suite", name, suites(home))
    return parse_suite(assets.find(home, "training", path).read_bytes(), name=name)


def suites(home: Path) -> list[str]:
    """Return the names of all suites, sorted."""
    return [
        name.removeprefix("suites/").removesuffix(".jsonl")
        for name in assets.names(home, "training", ".jsonl")
        if name.startswith("suites/") and name.count("/") == 1  # a folder is a bench of its own
    ]


def parse_suite(text: bytes, *, name: str) -> Suite:
    """Return the suite a JSONL text describes; empty lines are skipped.

    Raises:
        ConfigError: A line is no case, two cases have one id, or there is none at all.
    """
    cases: dict[str, Case] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        case = _parse_case(line, f"{name}.jsonl line {number}")
        if case.id in cases:
            raise ConfigError(f"{name}.jsonl line {number} repeats the case id {case.id!r}.")
        cases[case.id] = case
    if not cases:
        raise ConfigError(f"The suite {name!r} has no case.")
    return Suite(name, tuple(cases.values()), hashlib.sha256(text).hexdigest())


def _parse_case(line: bytes, place: str) -> Case:
    try:
        return _CASE.validate_json(line)
    except ValidationError as error:
        problem = error.errors()[0]
        where = ".".join(str(part) for part in problem["loc"])
        detail = f"{where}: {problem['msg']}" if where else problem["msg"]
        raise ConfigError(f"{place} is no case: {detail}.") from None


def check(case: Case, outcome: Outcome) -> str:
    """Return why the outcome is wrong, or an empty string when it is right."""
    match case.expect:
        case ExpectedCall():
            return _check_call(case.expect, outcome)
        case ExpectedAnswer(contains=wanted):
            folded = _plain(outcome.answer)
            missing = [text for text in wanted if _plain(text) not in folded]
            return f"the answer lacks {', '.join(missing)}" if missing else ""
        case ExpectedAbstention():
            return f"called {outcome.calls[0].name} where no tool fits" if outcome.calls else ""
        case never:
            assert_never(never)


def _check_call(expected: ExpectedCall, outcome: Outcome) -> str:
    if not outcome.calls:
        return f"did not call {expected.tool}"
    call = outcome.calls[0]
    if call.name != expected.tool:
        return f"called {call.name} instead of {expected.tool}"
    if call.arguments is None:
        return f"called {call.name} with arguments that are no JSON object"
    for name in [*expected.arguments, *call.arguments]:
        if not _accepted(name, expected.arguments, call.arguments):
            shown = orjson.dumps(call.arguments.get(name)).decode()
            return f"called {call.name} with {name} = {shown}"
    return ""


def _accepted(name: str, expected: dict[str, list[JsonValue]], given: JsonObject) -> bool:
    if name not in expected:
        return False
    if name not in given:
        return None in expected[name]
    accepted = expected[name]
    return not accepted or any(_plain(given[name]) == _plain(value) for value in accepted)


def _plain(value: Any) -> Any:
    """Return a value without the differences of writing nobody would call wrong."""
    match value:
        case str():
            return " ".join(unicodedata.normalize("NFKC", value).casefold().split())
        case bool():
            return ("bool", value)  # True == 1 in Python, not in JSON
        case list():
            return [_plain(item) for item in value]
        case dict():
            return {key: _plain(item) for key, item in value.items()}
        case _:
            return value
