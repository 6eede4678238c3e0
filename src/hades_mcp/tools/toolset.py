"""The heart: every tool call, whichever door it came in by, is made here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import anyio
import anyio.to_thread

from hades_mcp.errors import HadesError, LimitReached, QueryError, Unavailable, UnknownName
from hades_mcp.logging import get_logger
from hades_mcp.messages import ToolResult
from hades_mcp.tools.arguments import check
from hades_mcp.tools.catalog import Catalog, load_tools
from hades_mcp.tools.contract import contract_hash
from hades_mcp.tools.rendering import Rendered, fits, render
from hades_mcp.traces.json_text import write_json

if TYPE_CHECKING:
    from collections.abc import Callable

    from hades_mcp.messages import ToolSpec
    from hades_mcp.tools.definition import Tool
    from hades_mcp.traces.call_recorder import CallRecorder
    from hades_mcp.types import JsonObject
    from hades_mcp.workspace import Workspace

THREADS = 16
ERROR_TOKENS = 500  # whatever the budget: what is wrong is said, long names in it cut
GRACE_SECONDS = 5.0  # beyond the store's own limit, which says more precisely what took long

_CHANGES_GO_ON = " It may still finish: look before you ask again."

_log = get_logger("tools")


@dataclass(frozen=True, slots=True)
class ToolAnswer:
    """What a caller gets back.

    Args:
        content: JSON text, within the token budget.
        is_error: Whether it says what went wrong.
    """

    content: str
    is_error: bool = False


class Toolset:
    """The tools of one workspace.

    Args:
        workspace: The workspace, or what opens it: then it is opened by the first call, in a worker
            thread, and a call is answered with the reason as long as it can't be.
        tools: Which tools; by default the built-in ones and those of the workspace's home.
        grace: Seconds a tool gets beyond the limit of one query (`max_runtime`).

    Attributes:
        contract: The hash of what clients are told of the tools.
        broken: What is wrong with the user's own files that are left out.
    """

    def __init__(
        self,
        workspace: Workspace | Callable[[], Workspace],
        tools: Catalog | None = None,
        *,
        grace: float = GRACE_SECONDS,
    ) -> None:
        self._opener = workspace if callable(workspace) else None
        self._workspace = None if callable(workspace) else workspace
        if tools is None:
            tools = Catalog() if callable(workspace) else load_tools(workspace.settings.home)
        self.broken = tools.broken
        self._tools = {tool.name: tool for tool in tools.tools}
        self._grace = grace
        self._limiter = anyio.CapacityLimiter(THREADS)
        self.contract = contract_hash(self.specs())

    def specs(self) -> list[ToolSpec]:
        """Return what a model is told of each tool, in a fixed order."""
        return [tool.spec for tool in self._tools.values()]

    async def call(self, name: str, arguments: Any, *, source: str = "mcp") -> ToolAnswer:
        """Make one call: record, check, run, render. Only cancellation is ever raised.

        Args:
            name: The tool, as the caller wrote it.
            arguments: An object, or its JSON text; anything else is answered with an error.
            source: The door the call came in by.
        """
        try:
            workspace = self._workspace or await self._open()
        except HadesError as error:
            return _refused(error)
        except Exception:  # noqa: BLE001  a bug: logged here, opaque outside
            _log.exception("workspace_bug")
            return _refused(Unavailable("The workspace can't be opened.", hint="See the log."))
        facts: JsonObject = {"contract": self.contract}
        with workspace.recorder.tool_call(name, arguments, source=source, facts=facts) as recorder:
            answer, more = await self._answer(workspace, name, arguments, recorder)
            result = ToolResult(recorder.call_id, name, answer.content, answer.is_error)
            recorder.result(result, more)
            return answer

    async def _open(self) -> Workspace:
        if self._opener is None:
            raise Unavailable("There is no workspace.")
        opened = await anyio.to_thread.run_sync(
            self._opener, abandon_on_cancel=True, limiter=self._limiter
        )
        self._workspace = opened
        return opened

    async def _answer(
        self, workspace: Workspace, name: str, arguments: Any, recorder: CallRecorder
    ) -> tuple[ToolAnswer, JsonObject]:
        try:
            tool = self._find(name)
            rendered = await self._run(workspace, tool, check(tool, arguments))
        except HadesError as error:
            told = _refused(error, workspace.settings.result_tokens)
            return told, {"error": type(error).__name__}
        except Exception as error:  # noqa: BLE001  a bug: logged here, opaque outside
            _log.exception("tool_bug", tool=name, trace=recorder.trace_id)
            return _bug(name, recorder.trace_id), {"error": type(error).__name__, "bug": True}
        facts: JsonObject = {"truncated": True} if rendered.truncated else {}
        return ToolAnswer(rendered.text), facts | (
            {"omitted": rendered.omitted} if rendered.omitted else {}
        )

    def _find(self, name: str) -> Tool:
        found = self._tools.get(name)
        if found is None:
            raise UnknownName("tool", name, self._tools)
        return found

    async def _run(self, workspace: Workspace, tool: Tool, checked: dict[str, Any]) -> Rendered:
        def work() -> Rendered:
            value = tool.function(workspace, **checked)
            return render(value, workspace.settings.result_tokens, workspace.pages.keep)

        seconds = workspace.settings.max_runtime + self._grace
        with anyio.move_on_after(seconds):
            return await anyio.to_thread.run_sync(
                work, abandon_on_cancel=True, limiter=self._limiter
            )
        changes = "" if tool.spec.annotations.read_only else _CHANGES_GO_ON
        raise LimitReached(
            f"{tool.name} took longer than {seconds:g} seconds and was left.",
            hint=f"Ask for less at once.{changes}",
        )


def _refused(error: HadesError, tokens: int = ERROR_TOKENS) -> ToolAnswer:
    said: JsonObject = {"error": error.message}
    if error.hint:
        said["hint"] = error.hint
    if isinstance(error, QueryError) and error.example:
        whole = write_json(said | {"example": error.example})
        if fits(whole, tokens):  # half an example is none
            return ToolAnswer(whole, is_error=True)
    return ToolAnswer(render(said, max(tokens, ERROR_TOKENS)).text, is_error=True)


def _bug(name: str, trace_id: str) -> ToolAnswer:
    said = {"error": f"{name} failed inside HADES.", "hint": f"The log says more: {trace_id}."}
    return ToolAnswer(write_json(said), is_error=True)
