"""Reads tool calls from the text of a reply, for models that write calls instead of making them.

Qwen2.5-Coder writes ```` ```json ```` fences, bare JSON, `{{…}}`, `<tools>`, `<tool_call>` and
`<function>` tags, or Python calls. A call counts only if it names a known tool and its arguments
are an object; nothing is read from inside `<think>`, from code of another language, or from a
quotation inside a sentence. Whoever runs such calls asks before it writes.
"""

from __future__ import annotations

import ast
import re
import uuid
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from hades_mcp.messages import ToolCall
from hades_mcp.models.json_text import loads, spans

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from hades_mcp.messages import ToolSpec
    from hades_mcp.types import JsonObject

_THINKING = re.compile(r"<think>.*?(?:</think>|\Z)", re.DOTALL)
_FENCE = re.compile(r"```[ \t]*(\w*)[^\n]*\n(.*?)(?:```|\Z)", re.DOTALL)
_INLINE = re.compile(r"(?<!`)`[^`\n]+`(?!`)")
_FUNCTION_TAG = re.compile(r"<function=([\w.\-]+)>(.*?)(?:</function>|\Z)", re.DOTALL)
_PARAMETER_TAG = re.compile(r"<parameter=([\w\-]+)>\n?(.*?)\n?</parameter>", re.DOTALL)
_CALL_LANGUAGES = {"", "json", "json5", "tool_call", "tool_code", "python", "xml", "plaintext"}
_ATTEMPT = re.compile(
    r"""\{+\s*["'](?:name|tool|tool_name|function)["']\s*:.*["'](?:arguments|parameters|args)["']\s*:
    |<function=|<tool_call>""",
    re.DOTALL | re.VERBOSE,
)

ARGUMENT_KEYS = ("arguments", "parameters", "args", "input")
NAME_KEYS = ("name", "tool", "tool_name")


def recover(text: str, tools: Sequence[ToolSpec]) -> tuple[ToolCall, ...]:
    """Return the calls a reply's text makes, in order.

    Args:
        text: The reply.
        tools: The tools there are; calls of others are not calls.
    """
    known = {spec.name: spec for spec in tools}
    said = _THINKING.sub("", text)
    for reader in (_from_tags, _from_json, _from_python):
        found = tuple(reader(said, known))
        if found:
            return found
    return ()


def attempted(text: str) -> bool:
    """Tell whether a reply looks like a call that went wrong, rather than like an answer."""
    return _ATTEMPT.search(_INLINE.sub("", _THINKING.sub("", text))) is not None


def resolve(name: str, known: Mapping[str, ToolSpec]) -> str | None:
    """Return the tool a written name means: itself, without prefix, case or underscores, or nearly.

    `functions.countDocs` and `count-docs` mean `count_docs`; so does `cont_docs`, but `get` means
    nothing: a wrong tool run is worse than none.
    """
    if name in known:
        return name
    plain = {_plain(candidate): candidate for candidate in known}
    wanted = _plain(re.split(r"[./:]", name)[-1])
    close = get_close_matches(wanted, plain, n=1, cutoff=0.85)
    return plain.get(wanted) or (plain[close[0]] if close else None)


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())


def _from_tags(text: str, known: Mapping[str, ToolSpec]) -> Iterator[ToolCall]:
    """Read `<function=name><parameter=key>value</parameter></function>`."""
    for name, body in _FUNCTION_TAG.findall(text):
        spec = known.get(resolve(name, known) or "")
        if spec is not None:
            pairs = _PARAMETER_TAG.findall(body)
            yield _call(spec, {key: _tag_value(spec, key, value) for key, value in pairs}, body)


def _tag_value(spec: ToolSpec, key: str, value: str) -> Any:
    properties = spec.parameters.get("properties")
    schema = properties.get(key) if isinstance(properties, dict) else None
    if isinstance(schema, dict) and schema.get("type") == "string":
        return value
    read = loads(value)
    return value if read is None else read


def _from_json(text: str, known: Mapping[str, ToolSpec]) -> Iterator[ToolCall]:
    """Read JSON objects, fenced, tagged or bare."""
    for span in spans(_readable(text)):
        yield from _walk(loads(span), known, span)


def _readable(text: str) -> str:
    """Return the text without code of other languages and without quotations in sentences."""

    def kept(match: re.Match[str]) -> str:
        return match[2] if match[1].lower() in _CALL_LANGUAGES else ""

    unfenced = _FENCE.sub(kept, text)
    alone = unfenced.strip().strip("`").strip()
    return alone if alone.startswith("{") else _INLINE.sub("", unfenced)


def _walk(value: Any, known: Mapping[str, ToolSpec], raw: str) -> Iterator[ToolCall]:
    if isinstance(value, list):
        for item in value:
            yield from _walk(item, known, raw)
    elif isinstance(value, dict):
        wrapped = value.get("tool_calls")
        if isinstance(wrapped, list):
            yield from _walk(wrapped, known, raw)
            return
        call = _from_object(value, known, raw)
        if call is not None:
            yield call


def _from_object(value: dict[str, Any], known: Mapping[str, ToolSpec], raw: str) -> ToolCall | None:
    inner = value.get("function")
    if isinstance(inner, dict):
        value = inner
    elif isinstance(inner, str):
        value = {"name": inner, **value}
    name = next((value[key] for key in NAME_KEYS if isinstance(value.get(key), str)), "")
    spec = known.get(resolve(name, known) or "")
    if spec is None:
        return None
    arguments = next((value[key] for key in ARGUMENT_KEYS if key in value), None)
    if arguments is None and len(value) == 1 and not spec.parameters.get("required"):
        arguments = {}  # `{"name": "schema_get"}`: nothing to say, nothing left out
    if isinstance(arguments, str):
        arguments = loads(arguments)
    return _call(spec, arguments, raw) if isinstance(arguments, dict) else None


def _from_python(text: str, known: Mapping[str, ToolSpec]) -> Iterator[ToolCall]:
    """Read `name(key=value)` when it is all there is, fenced or not."""
    fences = [body for language, body in _FENCE.findall(text) if language in _CALL_LANGUAGES]
    for source in fences or [text.strip().strip("`")]:
        try:
            body = ast.parse(source.strip(), mode="exec").body
        except (SyntaxError, ValueError, MemoryError, RecursionError):
            continue
        for statement in body:
            call = _from_statement(statement, known, source)
            if call is not None:
                yield call


def _from_statement(
    statement: ast.stmt, known: Mapping[str, ToolSpec], raw: str
) -> ToolCall | None:
    match statement:
        case ast.Expr(value=ast.Call(func=ast.Name(id=name), args=positional, keywords=keywords)):
            spec = known.get(resolve(name, known) or "")
        case _:
            return None
    if spec is None:
        return None
    properties = spec.parameters.get("properties")
    order = list(properties) if isinstance(properties, dict) else []
    pairs = [*zip(order, positional, strict=False)]
    pairs += [(keyword.arg or "", keyword.value) for keyword in keywords]
    try:
        return _call(spec, {key: ast.literal_eval(value) for key, value in pairs}, raw)
    except ValueError:  # an argument that is no literal
        return None


def _call(spec: ToolSpec, arguments: JsonObject, raw: str) -> ToolCall:
    return ToolCall(f"call_{uuid.uuid4().hex}", spec.name, arguments, raw, channel="recovered")
