"""Replies as models wrote them: shapes seen in issue threads and from the real Qwen2.5-Coder."""

from __future__ import annotations

from typing import Any

from hades_mcp.messages import ToolAnnotations, ToolSpec


def _spec(name: str, required: list[str], **properties: dict[str, Any]) -> ToolSpec:
    schema: dict[str, Any] = {"type": "object", "properties": properties, "required": required}
    return ToolSpec(name, f"Does {name}.", schema, ToolAnnotations(read_only=True))


TOOLS = (
    _spec("find_books", ["topic"], topic={"type": "string"}, most={"type": "integer"}),
    _spec("run_aql", ["query"], query={"type": "string"}),
    _spec("list_shelves", []),
)

ONE = {"topic": "rivers", "most": 4}
CALL = '{"name": "find_books", "arguments": {"topic": "rivers", "most": 4}}'
OTHER = '{"name": "find_books", "arguments": {"topic": "lakes", "most": 4}}'
PRETTY = (
    '{\n  "name": "find_books",\n  "arguments": {\n    "topic": "rivers",\n    "most": 4\n  }\n}'
)
ESCAPED = '{\\"topic\\": \\"rivers\\", \\"most\\": 4}'

FUNCTION_TAGS = """<function=find_books>
<parameter=topic>
rivers
</parameter>
<parameter=most>
4
</parameter>
</function>"""

# name -> (reply, arguments of the calls in it)
CALLS: dict[str, tuple[str, list[dict[str, Any]]]] = {
    "bare": (CALL, [ONE]),
    "fence of json": (f"```json\n{CALL}\n```", [ONE]),
    "fence without language": (f"```\n{CALL}\n```", [ONE]),
    "fence of pretty json": (f"```json\n{PRETTY}\n```", [ONE]),
    "fence never closed": (f"```json\n{CALL}", [ONE]),
    "fence inside prose": (f"Let me look first.\n\n```json\n{CALL}\n```\nThen I answer.", [ONE]),
    "tools tag": (f"<tools>\n{CALL}\n</tools>", [ONE]),
    "tool_call tag": (f"<tool_call>\n{CALL}\n</tool_call>", [ONE]),
    "tool_call tag never closed": (f"<tool_call>\n{CALL}", [ONE]),
    "square tag": (f"[tool_call]\n{CALL}\n[/tool_call]", [ONE]),
    "function_call tag": (f"<function_call>{CALL}</function_call>", [ONE]),
    "double braces": ("{" + CALL + "}", [ONE]),
    "double braces everywhere": (CALL.replace("{", "{{").replace("}", "}}"), [ONE]),
    "arguments as text": ('{"name": "find_books", "arguments": "' + ESCAPED + '"}', [ONE]),
    "parameters": ('{"name": "find_books", "parameters": {"topic": "rivers", "most": 4}}', [ONE]),
    "type function": (
        '{"type": "function", "function": ' + CALL + "}",
        [ONE],
    ),
    "tool_calls wrapper": (
        '{"tool_calls": [{"id": "c1", "type": "function", "function": '
        '{"name": "find_books", "arguments": "' + ESCAPED + '"}}]}',
        [ONE],
    ),
    "array of two": (f"[{CALL}, {OTHER}]", [ONE, {**ONE, "topic": "lakes"}]),
    "two lines": (f"{CALL}\n{OTHER}", [ONE, {**ONE, "topic": "lakes"}]),
    "two tags": (
        f"<tool_call>\n{CALL}\n</tool_call>\n<tool_call>\n{OTHER}\n</tool_call>",
        [ONE, {**ONE, "topic": "lakes"}],
    ),
    "brace too many": (CALL + "}", [ONE]),
    "brace missing": (CALL[:-1], [ONE]),
    "single quotes": (CALL.replace('"', "'"), [ONE]),
    "trailing comma": (CALL.replace("4}", "4,}"), [ONE]),
    "raw newline in a string": (
        '{"name": "run_aql", "arguments": {"query": "FOR b IN books\n  RETURN b"}}',
        [{"query": "FOR b IN books\n  RETURN b"}],
    ),
    "function tags": (
        FUNCTION_TAGS,
        [ONE],
    ),
    "python": ('find_books(topic="rivers", most=4)', [ONE]),
    "python in a fence": ('```python\nfind_books("rivers", most=4)\n```', [ONE]),
    "after thinking": (
        '<think>Not {"name": "run_aql", "arguments": {"query": "RETURN 1"}}.</think>\n' + CALL,
        [ONE],
    ),
    "name in camel case": (CALL.replace("find_books", "findBooks"), [ONE]),
    "name with prefix": (CALL.replace("find_books", "functions.find_books"), [ONE]),
    "name with a slip": (CALL.replace("find_books", "find_book"), [ONE]),
    "nothing to say": ('{"name": "list_shelves"}', [{}]),
    "braces inside a string": (
        '{"name": "run_aql", "arguments": {"query": "RETURN {a: \'}\', b: [1]}"}}',
        [{"query": "RETURN {a: '}', b: [1]}"}],
    ),
}

NOT_CALLS = {
    "plain answer": "There are 42 books.",
    "a document": '```json\n{"name": "Ada Lovelace", "arguments": ["logic"], "born": 1815}\n```',
    "an explanation": (
        f"To look for rivers you would write `{CALL}`, but I know it already: there are 4."
    ),
    "unknown tool": '{"name": "Skill", "arguments": {"name": "none"}}',
    "only thought": f"<think>maybe {CALL}</think>\nThe answer is 42.",
    "thinking never closed": f"<think>maybe {CALL}",
    "arguments missing": '{"name": "find_books"}',
    "arguments a list": '{"name": "find_books", "arguments": ["rivers"]}',
    "cut off inside a string": CALL[:55],
    "aql about calls": "```aql\nRETURN " + CALL + "\n```",
    "python with a variable": "find_books(topic=subject)",
    "python that does more": "x = find_books(topic='rivers')",
}
