"""Tells what is plainly no JavaScript function, without knowing the language.

A server hands the code of user functions to V8. Here nothing runs it, so only what could not be a
function is refused: brackets that do not match, or two words where only one can stand.
"""

from __future__ import annotations

import re

_BEGIN = re.compile(r"\(?\s*(?:async\b\s*)?(?:function\b|\w+\s*=>|\([\w\s,={}\[\].]*\)\s*=>)")
_TOKEN = re.compile(
    r"""(?P<space>\s+|//[^\n]*|/\*.*?\*/)
    |(?P<word>[A-Za-z_$][\w$]*)
    |(?P<value>\d[\w.]*|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\])*`)
    |(?P<open>[(\[{])
    |(?P<close>[)\]}])
    |(?P<sign>.)""",
    re.DOTALL | re.VERBOSE,
)
_REGEX = re.compile(r"/(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n\[])+/[a-z]*")
_PAIRS = {")": "(", "]": "[", "}": "{"}
_WORDS = """
    async await break case class const continue default delete do else export extends finally for
    function get if import in instanceof let new of return set static switch throw try typeof var
    void while with yield
"""
_LEADING = frozenset(_WORDS.split())
"""Words after which another word may come."""
_BETWEEN = frozenset({"in", "instanceof", "of", "extends"})
_VALUE_ENDS = frozenset({"word", "value", "close"})


def is_function(code: str) -> bool:
    """Tell whether a text might be a JavaScript function; a yes proves nothing."""
    text = code.strip()
    return _BEGIN.match(text) is not None and _is_balanced(text)


def _is_balanced(text: str) -> bool:
    """Tell whether brackets match and no two values stand side by side on a line."""
    opened: list[str] = []
    position, before, ended = 0, "", False
    while position < len(text):
        if text[position] == "/" and before not in _VALUE_ENDS:
            found = _REGEX.match(text, position) or _TOKEN.match(text, position)
        else:
            found = _TOKEN.match(text, position)
        if found is None:
            return False
        position = found.end()
        kind, token = found.lastgroup or "value", found.group()
        if kind == "space":
            ended = ended and "\n" not in token
            continue
        if ended and (kind == "value" or (kind == "word" and token not in _BETWEEN)):
            return False
        if kind == "open":
            opened.append(token)
        if kind == "close" and (not opened or opened.pop() != _PAIRS[token]):
            return False
        ended = kind == "value" or (kind == "word" and token not in _LEADING)
        before = kind
    return not opened
