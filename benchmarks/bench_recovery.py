"""Calls recovered from the replies of the corpus, and calls run by mistake: HADES and its rivals.

The corpus is `tests/models/corpus`: replies of the real Qwen2.5-Coder 0.5B and 1.5B and replies
written after issue trackers. Each rival reads a reply the way its own agent does; names of tools
that do not exist are forgiven it. It was HADES's makers who chose and judged the replies.
"""

from __future__ import annotations

import importlib.metadata
import json
import platform
import sys
import time
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from tests.models.corpus import Case, cases, ours, score  # noqa: E402  found by the line above

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    Calls: TypeAlias = list[tuple[str, Any]]
    Reader: TypeAlias = Callable[[Case], Calls]

RESULTS = Path(__file__).parent / "results"


def known(case: Case, calls: Sequence[tuple[Any, Any]]) -> Calls:
    """Return the calls of tools that exist, with arguments that are objects."""
    names = {tool.name for tool in case.tools}
    return [(name, given) for name, given in calls if name in names and isinstance(given, dict)]


def smolagents() -> Reader:
    """Return how ToolCallingAgent reads a reply without native calls."""
    get_tool_call_from_text = import_module("smolagents.models").get_tool_call_from_text

    def read(case: Case) -> Calls:
        try:
            call = get_tool_call_from_text(case.reply, "name", "arguments")
        except (ValueError, TypeError, AttributeError):
            return []
        return known(case, [(call.function.name, call.function.arguments)])

    return read


def qwen_agent() -> Reader:
    """Return how Qwen-Agent reads a reply by its default prompt, "nous"."""
    schema = import_module("qwen_agent.llm.schema")
    nous = import_module("qwen_agent.llm.fncall_prompts.nous_fncall_prompt")
    prompt = nous.NousFnCallPrompt()

    def read(case: Case) -> Calls:
        item = schema.ContentItem(text=case.reply)
        said = [schema.Message(role="assistant", content=[item])]
        try:
            messages = prompt.postprocess_fncall_messages(said)
            found = [message.function_call for message in messages if message.function_call]
            return known(case, [(call.name, json.loads(call.arguments)) for call in found])
        except (ValueError, TypeError, KeyError, AttributeError):
            return []

    return read


def json_repair() -> Reader:
    """Return what most agents of today do: repair the JSON somewhere in the text, and run it."""
    loads = import_module("json_repair").loads

    def read(case: Case) -> Calls:
        found = loads(case.reply)
        values = found if isinstance(found, list) else [found]
        calls = [value for value in values if isinstance(value, dict)]
        return known(case, [(call.get("name"), call.get("arguments")) for call in calls])

    return read


RIVALS: dict[str, tuple[str, Callable[[], Reader]]] = {
    "smolagents": ("smolagents", smolagents),
    "Qwen-Agent": ("qwen-agent", qwen_agent),
    "json-repair": ("json-repair", json_repair),
}


def measured(reader: Reader, corpus: Sequence[Case]) -> dict[str, Any]:
    """Return counts by origin, and CPU microseconds a reply."""
    facts: dict[str, Any] = {}
    for name, chosen in (
        ("real", [case for case in corpus if case.real]),
        ("written", [case for case in corpus if not case.real]),
        ("held out", [case for case in corpus if case.held_out]),
    ):
        result = score(chosen, reader)
        facts[name] = {
            "calling": result.asked,
            "recovered": result.recovered,
            "replies": len(chosen),
            "false_runs": result.false_runs,
        }
    start = time.process_time()
    for case in corpus:
        reader(case)
    facts["cpu_us"] = round((time.process_time() - start) / len(corpus) * 1e6, 1)
    return facts


def main() -> None:
    """Run every reader that is installed, and write the results."""
    corpus = cases()
    readers = {"hades": measured(ours, corpus)}
    versions = {}
    for name, (package, make) in RIVALS.items():
        try:
            reader = make()
        except ImportError as error:
            print(f"{name} is left out: {error}", file=sys.stderr)
            continue
        versions[name] = importlib.metadata.version(package)
        readers[name] = measured(reader, corpus)
    result = {
        "measured": datetime.now(UTC).date().isoformat(),
        "python": platform.python_version(),
        "versions": versions,
        "readers": readers,
    }
    text = json.dumps(result, indent=2) + "\n"
    (RESULTS / "recovery.json").write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
