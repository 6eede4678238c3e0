"""How a run looks on a terminal and in a pipe: as text for people, or as JSON lines."""

from __future__ import annotations

import json
import os
import re
import sys
from contextlib import suppress
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Protocol

import click

from hades_mcp.traces.json_text import write_json

if TYPE_CHECKING:
    from hades_mcp.agents.events import RunEvent, RunFinished
    from hades_mcp.errors import HadesError
    from hades_mcp.messages import ToolCall

WIDTH = 200

# A document may hold what moves the cursor, or worse; a terminal gets only what it should show.
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


class View(Protocol):
    """Shows what happens in runs, one after the other."""

    def show(self, event: RunEvent) -> None:
        """Show one fact."""
        ...

    def failed(self, error: BaseException) -> None:
        """Show that a run ended without its last fact."""
        ...


class TextView:
    """The answer on standard output, all else on standard error.

    Args:
        live: Write a reply while the model does. What it says before a call is then seen too;
            without, only the answer is written, when it is known to be one.
        quiet: Nothing but the answer.
    """

    def __init__(self, *, live: bool, quiet: bool) -> None:
        self._live = live
        self._quiet = quiet
        self._who = ""
        self._begin_reply()

    def show(self, event: RunEvent) -> None:
        """Show one fact."""
        from hades_mcp.agents import events

        match event:
            case events.RunStarted():
                self._begin_reply()
                self._introduce(f"{event.agent} on {event.model}")
            case events.TextDelta(text):
                self._write(text)
            case events.ModelResponded(message):
                if message.tool_calls:
                    self._end_line()
                    self._begin_reply()
            case events.ToolCalled(call):
                channel = "" if call.channel == "native" else f"  [{call.channel}]"
                self._note(f"→ {call.name}({arguments(call)}){channel}")
            case events.ToolReturned(result):
                self._note(f"{'✗' if result.is_error else '←'} {short(result.content)}")
            case events.AgentSpoke(agent, _, said):
                self._overhear(agent, said)
            case events.Compacted():
                self._note(f"{event.dropped} older messages are a summary from now on")
            case events.RunFinished():
                self._finish(event)
            case _:
                pass

    def failed(self, error: BaseException) -> None:
        """End the line a reply broke off in; what went wrong is said by whoever ends."""
        del error
        self._end_line()

    def _overhear(self, agent: str, event: RunEvent) -> None:
        """Show the calls of an agent that was called, by its name."""
        from hades_mcp.agents import events

        match event:
            case events.ToolCalled(call):
                self._note(f"  {agent} → {call.name}({arguments(call)})")
            case events.ToolReturned(result):
                self._note(f"  {agent} {'✗' if result.is_error else '←'} {short(result.content)}")
            case events.AgentSpoke(other, _, said):
                self._overhear(f"{agent} / {other}", said)
            case _:
                pass

    def _introduce(self, who: str) -> None:
        if who != self._who:
            self._note(who)
        self._who = who

    def _begin_reply(self) -> None:
        self._written = self._spaces = ""

    def _write(self, text: str) -> None:
        if not self._live:
            return
        text = self._spaces + text
        said = text.rstrip()
        self._spaces = text[len(said) :]
        if not self._written:
            said = said.lstrip()
        if said:
            click.echo(plain(said), nl=False)
            self._written += said

    def _finish(self, finished: RunFinished) -> None:
        answer = finished.answer.strip()
        if answer and self._written.endswith(answer):  # behind a reply that was of no use
            click.echo()
        else:
            if not answer.startswith(self._written):  # another answer than what was seen
                self._end_line()
            if rest := answer[len(self._written) :]:
                click.echo(plain(rest))
        usage = finished.usage
        self._begin_reply()
        trace = f"; hades traces show {finished.trace_id[:8]}" if finished.trace_id else ""
        self._note(
            f"{finished.stop_reason} after {finished.steps} steps, {usage.prompt_tokens} tokens in "
            f"({usage.cached_tokens} cached), {usage.completion_tokens} out{trace}"
        )

    def _end_line(self) -> None:
        if self._written:
            click.echo()
        self._written = ""

    def _note(self, text: str) -> None:
        if not self._quiet:
            note(text)


class JsonView:
    """One JSON object a line on standard output, the last of a run `run_finished` or `error`."""

    def __init__(self) -> None:
        self._trace_id = ""

    def show(self, event: RunEvent) -> None:
        """Show one fact."""
        from hades_mcp.agents.events import RunStarted

        if isinstance(event, RunStarted):
            self._trace_id = event.trace_id
        _line(_as_json(event))

    def failed(self, error: BaseException) -> None:
        """Show that a run ended without its last fact, and whose turn it is."""
        _line({"event": "error", **_failure(error), "trace_id": self._trace_id})


def _as_json(event: RunEvent) -> dict[str, Any]:
    from hades_mcp.agents.events import AgentSpoke, RunFinished

    match event:
        case RunFinished():
            body = _finished(event)
        case AgentSpoke(agent, call_id, said):
            body = {"agent": agent, "call_id": call_id, "said": _as_json(said)}
        case _:
            body = asdict(event)
    return {"event": _snake(type(event).__name__), **body}


def _finished(event: RunFinished) -> dict[str, Any]:
    """Return what scripts may build upon; docs/ask.md names these keys."""
    return {
        "answer": event.answer,
        "tool_calls": [asdict(call) for call in event.tool_calls],
        "rows": event.rows,
        "cited": list(event.cited),
        "usage": asdict(event.usage),
        "stop_reason": event.stop_reason,
        "trace_id": event.trace_id,
    }


def _failure(error: BaseException) -> dict[str, str]:
    from hades_mcp.errors import HadesError

    match error:
        case HadesError():
            hint = _tried(error)
            return {"kind": _snake(type(error).__name__), "message": error.message, "hint": hint}
        case click.ClickException():
            return {"kind": "usage", "message": error.format_message(), "hint": ""}
        case KeyboardInterrupt():
            return {"kind": "cancelled", "message": "The run was cancelled.", "hint": ""}
    hint = "This is a bug; standard error has its traceback."
    return {"kind": "bug", "message": f"HADES failed inside: {type(error).__name__}.", "hint": hint}


def _tried(error: HadesError) -> str:
    """Return the hint with the corrected example, where there is one."""
    return str(error).removeprefix(error.message).strip()


def _line(body: dict[str, Any]) -> None:
    click.echo(write_json(body))


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()


def note(text: str) -> None:
    """Say something beside the answer, dimmed where that can be seen."""
    line = f"  {plain(text)}"
    click.echo(click.style(line, dim=True) if _colours() else line, err=True)


def arguments(call: ToolCall) -> str:
    """Return a call's arguments on one line."""
    if call.arguments is None:
        return short(call.raw_arguments)
    return short(", ".join(f"{key}={_value(value)}" for key, value in call.arguments.items()))


def short(text: str) -> str:
    """Return a text as one line that is not too long."""
    line = " ".join(text.split())
    return line if len(line) <= WIDTH else line[: WIDTH - 1] + "…"


def plain(text: str) -> str:
    """Return a text without what a terminal would obey, or no terminal could write."""
    return _CONTROL.sub("", text).encode("utf-8", "replace").decode()


def forgiving() -> None:
    """Put a question mark for what input or output cannot read or write."""
    for stream in (sys.stdin, sys.stdout, sys.stderr):
        with suppress(AttributeError, ValueError):
            stream.reconfigure(errors="replace")  # type: ignore[union-attr]


def left() -> int:
    """Write no more, as the reader left, and return the exit code: nothing is wrong."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0


def _value(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _colours() -> bool:
    return (
        sys.stderr.isatty()
        and not os.environ.get("NO_COLOR")
        and os.environ.get("TERM", "") != "dumb"
    )
