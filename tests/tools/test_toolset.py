"""Every call is recorded, checked, bounded and answered, whatever is called with whatever."""

import json
import threading
from dataclasses import replace
from typing import Annotated, Any, Literal

import anyio
import pytest
from pydantic import Field
from pydantic.json_schema import SkipJsonSchema

from hades_mcp.errors import ConfigError, NotFound
from hades_mcp.tools.catalog import Catalog
from hades_mcp.tools.definition import tool
from hades_mcp.tools.toolset import Toolset

pytestmark = pytest.mark.anyio


@tool(title="Echo", read_only=True)
def echo(
    _workspace: Any,
    text: Annotated[str, Field(description="What to say")],
    times: Annotated[int, Field(le=5)] = 1,
    tags: list[str] | None = None,
    options: dict[str, Any] | None = None,
    way: SkipJsonSchema[Literal["inbound", "page_rank", "any"] | None] = None,
) -> Any:
    """Say something back."""
    said = {"said": [text] * times, "tags": tags, "options": options}
    return said if way is None else said | {"way": way}


@tool(title="Fail")
def fail(_workspace: Any, how: str) -> Any:
    """Fail in a chosen way."""
    if how == "caller":
        raise NotFound("Nothing is there.", hint="Look elsewhere.")
    raise ZeroDivisionError("secret detail")


@tool(title="Rows", read_only=True)
def many(_workspace: Any, rows: int) -> Any:
    """Return many rows."""
    return {"rows": [{"number": number, "text": "x" * 20} for number in range(rows)]}


TOOLS = (echo, fail, many)


@pytest.fixture
def toolset(bench: Any) -> Toolset:
    return Toolset(bench.workspace, Catalog(TOOLS))


async def call(toolset: Toolset, name: str, arguments: Any) -> tuple[Any, bool]:
    answer = await toolset.call(name, arguments)
    return json.loads(answer.content), answer.is_error


async def test_a_call_is_answered_with_json(toolset: Toolset) -> None:
    said, failed = await call(toolset, "echo", {"text": "hi", "times": 2})
    assert said == {"said": ["hi", "hi"], "tags": None, "options": None}
    assert not failed


async def test_arrays_and_objects_may_come_as_json_text(toolset: Toolset) -> None:
    arguments = {"text": "hi", "times": "2", "tags": '["a"]', "options": '{"b": 1}'}
    said, _ = await call(toolset, "echo", arguments)
    assert said == {"said": ["hi", "hi"], "tags": ["a"], "options": {"b": 1}}


async def test_one_text_is_taken_for_a_list_of_texts(toolset: Toolset) -> None:
    said, _ = await call(toolset, "echo", {"text": "hi", "tags": "a, b"})
    assert said["tags"] == ["a", "b"]


@pytest.mark.parametrize(
    ("said", "meant"),
    [("both", "any"), ("INBOUND", "inbound"), ("incoming", "inbound"), ("pageRank", "page_rank")],
)
async def test_a_choice_is_taken_in_other_spelling(toolset: Toolset, said: str, meant: str) -> None:
    answer, _ = await call(toolset, "echo", {"text": "hi", "way": said})
    assert answer["way"] == meant


async def test_the_arguments_themselves_may_come_as_json_text(toolset: Toolset) -> None:
    said, _ = await call(toolset, "echo", '{"text": "hi"}')
    assert said["said"] == ["hi"]


async def test_a_text_that_looks_like_json_stays_text(toolset: Toolset) -> None:
    said, _ = await call(toolset, "echo", {"text": '["a"]'})
    assert said["said"] == ['["a"]']


@pytest.mark.parametrize(
    ("arguments", "error", "hint"),
    [
        ({"txt": "hi"}, "echo has no argument 'txt'", "Did you mean 'text'?"),
        ({}, "echo needs the argument 'text'.", "text: What to say"),
        ({"text": "a", "times": 9}, "'times': Input should be less than or equal to 5, not 9.", ""),
        ({"text": "a", "tags": 5}, "'tags': Input should be a valid list, not 5.", ""),
        ({"text": "a", "options": "b=1"}, "'options' is not an object: \"b=1\".", "For example {"),
        ({"text": "a", "way": "up"}, "'way': Input should be 'inbound', 'page_rank' or 'any'", ""),
        ("{oops", "The arguments of echo are not JSON", "It takes an object with: text, times"),
        ([1], "The arguments of echo are a JSON list, not an object.", "It takes an object"),
        (None, "echo needs the argument 'text'.", "text: What to say"),
    ],
)
async def test_wrong_arguments_are_answered_with_what_is_right(
    toolset: Toolset, arguments: Any, error: str, hint: str
) -> None:
    said, failed = await call(toolset, "echo", arguments)
    assert failed
    assert error in said["error"]
    assert hint in said.get("hint", "")
    assert "pydantic" not in str(said)


async def test_an_unknown_tool_is_recorded_and_the_nearest_named(
    toolset: Toolset, bench: Any
) -> None:
    said, failed = await call(toolset, "ecko", {"text": "hi"})
    assert failed
    assert said == {"error": "There is no tool 'ecko'.", "hint": "Did you mean 'echo'?"}
    step = bench.traces.get(bench.traces.list()[0].id).steps[0]
    assert step.calls[0].name == "ecko"
    assert step.observations[0].hades["error"] == "UnknownName"


async def test_a_malformed_call_is_recorded_as_it_came(toolset: Toolset, bench: Any) -> None:
    await toolset.call("echo", "{oops")
    step = bench.traces.get(bench.traces.list()[0].id).steps[0]
    assert step.calls[0].arguments is None
    assert step.calls[0].raw_arguments == "{oops"
    assert step.observations[0].result.is_error


async def test_an_error_of_ours_says_what_to_do(toolset: Toolset) -> None:
    said, failed = await call(toolset, "fail", {"how": "caller"})
    assert (said, failed) == ({"error": "Nothing is there.", "hint": "Look elsewhere."}, True)


async def test_a_bug_is_opaque_outside_and_logged_inside(
    toolset: Toolset, bench: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    said, failed = await call(toolset, "fail", {"how": "bug"})
    assert failed
    assert "secret detail" not in str(said)
    logged = capsys.readouterr()
    trace = bench.traces.get(bench.traces.list()[0].id)
    assert trace.id in said["hint"]
    assert trace.steps[0].observations[0].hades["bug"] is True
    assert "secret detail" in logged.err + logged.out


async def test_a_long_result_is_cut_between_rows(toolset: Toolset, bench: Any) -> None:
    said, failed = await call(toolset, "many", {"rows": 1000})
    assert not failed
    assert said["truncated"] is True
    assert len(said["rows"]) + said["omitted"] == 1000
    observed = bench.traces.get(bench.traces.list()[0].id).steps[0].observations[0]
    assert observed.hades["omitted"] == said["omitted"]


async def test_a_call_that_takes_too_long_is_left(bench: Any) -> None:
    release = threading.Event()

    @tool(title="Wait")
    def wait(_workspace: Any) -> Any:
        """Wait."""
        release.wait(60)

    bench.settings = bench.settings.model_copy(update={"max_runtime": 0.02})
    toolset = Toolset(bench.workspace, Catalog((wait,)), grace=0.0)
    said, failed = await call(toolset, "wait", {})
    release.set()
    assert failed
    assert "took longer than 0.02 seconds" in said["error"]
    assert "may still finish: look before you ask again" in said["hint"]


async def test_a_slow_tool_does_not_hold_up_another(bench: Any) -> None:
    release = threading.Event()

    @tool(title="Wait")
    def wait(_workspace: Any) -> Any:
        """Wait."""
        assert release.wait(60)

    @tool(title="Release")
    def let_go(_workspace: Any) -> Any:
        """Let the other go on."""
        release.set()

    toolset = Toolset(bench.workspace, Catalog((wait, let_go)))
    async with anyio.create_task_group() as group:
        group.start_soon(toolset.call, "wait", {})
        group.start_soon(toolset.call, "let_go", {})
    assert [summary.status for summary in bench.traces.list()] == ["finished"] * 2


async def test_a_cancelled_call_is_recorded_as_cancelled(bench: Any) -> None:
    started, release = threading.Event(), threading.Event()

    @tool(title="Wait")
    def wait(_workspace: Any) -> Any:
        """Wait."""
        started.set()
        release.wait(60)

    toolset = Toolset(bench.workspace, Catalog((wait,)))
    async with anyio.create_task_group() as group:
        group.start_soon(toolset.call, "wait", {})
        await anyio.to_thread.run_sync(started.wait)
        group.cancel_scope.cancel()
    release.set()
    assert bench.traces.list()[0].status == "cancelled"


async def test_three_hundred_concurrent_calls_all_come_back(toolset: Toolset, bench: Any) -> None:
    answers: list[Any] = []

    async def one(number: int) -> None:
        answers.append((await toolset.call("echo", {"text": str(number)})).content)

    async with anyio.create_task_group() as group:
        for number in range(300):
            group.start_soon(one, number)
    assert sorted(json.loads(text)["said"][0] for text in answers) == sorted(map(str, range(300)))
    assert len(bench.traces.ids()) == 300


async def test_a_workspace_that_cannot_open_is_the_answer_until_it_can(bench: Any) -> None:
    attempts: list[int] = []

    def opener() -> Any:
        attempts.append(1)
        if len(attempts) == 1:
            raise ConfigError("The data folder is locked.", hint="Close the other one.")
        return bench.workspace

    toolset = Toolset(opener, Catalog(TOOLS))
    assert await call(toolset, "echo", {"text": "hi"}) == (
        {"error": "The data folder is locked.", "hint": "Close the other one."},
        True,
    )
    for _ in range(2):
        assert (await call(toolset, "echo", {"text": "hi"}))[0]["said"] == ["hi"]
    assert len(attempts) == 2


async def test_spans_of_calls_say_which_contract_they_kept(toolset: Toolset, bench: Any) -> None:
    await toolset.call("echo", {"text": "hi"})
    assert bench.traces.get(bench.traces.list()[0].id).header.hades["contract"] == toolset.contract
    new = replace(echo, spec=replace(echo.spec, description="new"))
    other = Toolset(bench.workspace, Catalog((new,)))
    assert other.contract != toolset.contract
