"""Reads calls that are not JSON: `name(key=value)`, `name{…}`, and XML-like tags."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from hades_mcp.models.reading.names import resolve, spelled
from hades_mcp.models.reading.shapes import Written, bare, fits, properties
from hades_mcp.models.reading.values import Reader, Unreadable, loads, read_value

if TYPE_CHECKING:
    from hades_mcp.messages import ToolSpec
    from hades_mcp.models.reading.shapes import Tools
    from hades_mcp.models.reading.values import Fuel
    from hades_mcp.types import JsonObject

_NAME = re.compile(
    r"(?:call:|(?:functions|tools|default_api|api|hades)\.)?([A-Za-z_][\w.\-]{0,99})[ \t]*(?=[({])"
)
_KEYWORD = re.compile(r"([A-Za-z_]\w*)\s*[=:](?!=)")
_ACTION = re.compile(
    r"action[ \t]*:[ \t]*`?([\w.\-]{1,100})`?[ \t]*\n+[ \t]*action[ _]input[ \t]*:\s*(?=\{)",
    re.IGNORECASE,
)
OPENING = re.compile(
    r"""<(?:function|invoke|tool|tool_call)(?:\s*=\s*|\s+name\s*=\s*)["']?([\w.\-:]{1,100})["']?\s*(/?)>""",
    re.IGNORECASE,
)
_PARAMETER = re.compile(  # the 1.5B also writes `<parameter>key>` and `<parameter:key>`
    r"""\s*<(?:parameter|param|arg)(?:\s*[=:]\s*|\s+name\s*=\s*|>)["']?([\w\-]{1,100})["']?\s*>""",
    re.IGNORECASE,
)
_CHILD = re.compile(r"\s*<([A-Za-z_][\w\-]{0,99})>")
_INLINE = re.compile(r"""\s*<([A-Za-z_][\w\-]{0,99})=["']?([^<>\n"']{1,500})["']?>""")
_ELEMENT = re.compile(
    r"<([A-Za-z_][\w\-]{0,99})((?:\s+\w{1,60}=(?:\"[^\"<>]*\"|'[^'<>]*'|[^\s<>\"']+))+)\s*/?>"
)
_ATTRIBUTE = re.compile(r"(\w{1,60})=(?:\"([^\"<>]*)\"|'([^'<>]*)'|([^\s<>\"'/]+))")
_VALUE_ENDS = re.compile(
    r"</(?:parameter|param|arg)\s*>|(?=<(?:parameter|param|arg)(?:[=:>]|\s+name))|(?=</function\s*>)",
    re.IGNORECASE,
)
_ENDS = re.compile(
    r"(?:\s*</\w{1,60}>)*?\s*(</(?:function|invoke|tool|tool_call|function_calls?)\s*>|(?=<tool_call>|<function|<invoke))",
    re.IGNORECASE,
)


def read_python(text: str, at: int, tools: Tools, fuel: Fuel) -> tuple[Written, int] | None:
    """Return the call `name(key=value)` or `name{…}` that begins here, and where it ends.

    Only a tool's own name counts, and only literals as arguments.
    """
    match = _NAME.match(text, at)
    tool = tools.get(spelled(match[1], tools) or "") if match else None
    if match is None or tool is None:
        return None
    try:
        if text[match.end()] == "{":
            value, end = read_value(text, match.end(), fuel)
            return (Written(tool, value), end) if isinstance(value, dict) else None
        return _round(text, match.end() + 1, tool, fuel)
    except Unreadable:
        return None


def read_action(text: str, at: int, tools: Tools, fuel: Fuel) -> tuple[Written, int] | None:
    """Return the call `Action: name`, `Action Input: {…}` that begins here, and where it ends."""
    match = _ACTION.match(text, at)
    tool = tools.get(resolve(match[1], tools) or "") if match else None
    if match is None or tool is None:
        return None
    try:
        value, end = read_value(text, match.end(), fuel)
    except Unreadable:
        return None
    return (Written(tool, value), end) if isinstance(value, dict) else None


def read_tags(text: str, at: int, tools: Tools, fuel: Fuel) -> tuple[Written, int] | None:
    """Return the call `<function=name>…</function>` that begins here, and where it ends."""
    match = OPENING.match(text, at)
    tool = tools.get(resolve(match[1], tools) or "") if match else None
    if match is None or tool is None:
        return None
    if match[2]:
        arguments = bare(tool)
        return None if arguments is None else (Written(tool, arguments), match.end())
    start = match.end()
    while start < len(text) and text[start].isspace():
        start += 1
    if text[start : start + 1] == "{":
        return _json_body(text, start, tool, fuel)
    return _parameters(text, match.end(), tool, fuel)


def read_element(text: str, at: int, tools: Tools, fuel: Fuel) -> tuple[Written, int] | None:
    """Return the call `<name><key>value</key></name>` or `<name key="value">` that begins here."""
    match = _CHILD.match(text, at)
    tool = tools.get(match[1]) if match else None
    if match is None or tool is None:
        return _attributes(text, at, tools, fuel)
    arguments, end = _children(text, match.end(), tool, fuel)
    closing = re.compile(rf"\s*</{re.escape(match[1])}>").match(text, end)
    if closing is None or (not arguments and bare(tool) is None):
        return None
    return Written(tool, arguments), closing.end()


def _attributes(text: str, at: int, tools: Tools, fuel: Fuel) -> tuple[Written, int] | None:
    match = _ELEMENT.match(text, at)
    tool = tools.get(match[1]) if match else None
    if match is None or tool is None:
        return None
    arguments: JsonObject = {}
    for key, double, single, plain in _ATTRIBUTE.findall(match[2]):
        arguments[key] = _tag_value(tool, key, double or single or plain)
    end = text.find(f"</{match[1]}>", match.end())
    fuel.burn((end if end >= 0 else len(text)) - at)
    after = end + len(match[1]) + 3 if end >= 0 else match.end()  # what it "returned" is invented
    return (Written(tool, arguments), after) if fits(arguments, tool) else None


def _children(text: str, at: int, tool: ToolSpec, fuel: Fuel) -> tuple[JsonObject, int]:
    """Return the arguments written as `<key>value</key>` or `<key=value>`, and where they end."""
    arguments: JsonObject = {}
    known = properties(tool)
    while True:
        inline = _INLINE.match(text, at)
        if inline is not None and inline[1] in known:
            arguments[inline[1]] = _tag_value(tool, inline[1], inline[2])
            at = inline.end()
            continue
        child = _CHILD.match(text, at)
        if child is None or child[1] not in known:
            return arguments, at
        end = text.find(f"</{child[1]}>", child.end())
        fuel.burn((end if end >= 0 else len(text)) - at)
        if end < 0:
            return arguments, at
        arguments[child[1]] = _tag_value(tool, child[1], text[child.end() : end])
        at = end + len(child[1]) + 3


def _round(text: str, at: int, tool: ToolSpec, fuel: Fuel) -> tuple[Written, int] | None:
    reader = Reader(text, at, fuel, closed=False)
    names = list(properties(tool))
    arguments: JsonObject = {}
    positional = 0
    while (character := reader.skip()) != ")":
        if character == ",":
            reader.at += 1
            continue
        keyword = _KEYWORD.match(text, reader.at)
        if keyword is not None:
            reader.at = keyword.end()
            arguments[keyword[1]] = reader.value(0)
            continue
        value = reader.value(0)
        if isinstance(value, dict) and not arguments and not _takes_object(tool, names, positional):
            arguments.update(value)
        elif positional < len(names):
            arguments[names[positional]] = value
            positional += 1
        else:
            return None
    if not arguments and bare(tool) is None:
        return None
    return Written(tool, arguments), reader.at + 1


def _takes_object(tool: ToolSpec, names: list[str], position: int) -> bool:
    schema = properties(tool).get(names[position]) if position < len(names) else None
    return isinstance(schema, dict) and schema.get("type") == "object"


def _json_body(text: str, at: int, tool: ToolSpec, fuel: Fuel) -> tuple[Written, int] | None:
    try:
        value, end = read_value(text, at, fuel)
    except Unreadable:
        return None
    if not isinstance(value, dict):
        return None
    closing = _ENDS.match(text, end)
    return Written(tool, value), closing.end() if closing else end


def _parameters(text: str, at: int, tool: ToolSpec, fuel: Fuel) -> tuple[Written, int] | None:
    arguments, at = _children(text, at, tool, fuel)
    while (match := _PARAMETER.match(text, at)) is not None:
        ends = _VALUE_ENDS.search(text, match.end())
        fuel.burn((ends.end() if ends else len(text)) - at)
        if ends is None:
            return None  # cut off
        value = text[match.end() : ends.start()].rstrip().removesuffix(f"</{match[1]}>")
        arguments[match[1]] = _tag_value(tool, match[1], value)
        at = ends.end()
    closing = _ENDS.match(text, at)
    if closing is None or (not arguments and bare(tool) is None):
        return None  # without its end, other arguments may have been to come
    return Written(tool, arguments), closing.end()


def _tag_value(tool: ToolSpec, key: str, value: str) -> Any:
    """Return a parameter's value: text as it stands where the tool wants text."""
    text = value.removeprefix("\n").removesuffix("\n")
    schema = properties(tool).get(key)
    if isinstance(schema, dict) and schema.get("type") == "string":
        return text
    read = loads(text.strip())
    return text if read is None and text.strip() not in {"null", "None"} else read
