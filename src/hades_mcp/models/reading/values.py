"""Reads values as models write them: JSON with its usual slips, JavaScript and Python literals.

Forgiving but never inventive: brackets missing at the end are closed, a string or a number that was
cut off is not, for half of a value must not pass for the whole. Every reader spends fuel, so that
no text, however hostile, costs more than a few steps a character.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hades_mcp.types import Json

DEEPEST = 64
"""Levels of nesting; models write three or four."""
_SCAN = 128
"""Characters a regular expression passes at the price of one step."""

_BLANK = re.compile(r"(?:[\s\\\u200b\ufeff]|//[^\n]*|/\*.{0,400}?\*/|#[^\n]*)*", re.DOTALL)
_SCALAR = re.compile(
    r"[-+]?(?:\d[\d_]*(?:\.\d*)?(?:[eE][-+]?\d+)?|\.\d+(?:[eE][-+]?\d+)?)(?![\w.])"
    r"|(?:true|false|null|none|undefined|True|False|None|NULL|TRUE|FALSE)(?!\w)"
)
_KEY = re.compile(r"[A-Za-z_$][\w$\-]*")
_COLON = re.compile(r"=>|[:=]")
_CLOSING_QUOTE = {'"': '"', "'": "'", "“": '”“"', "\u2018": "\u2019\u2018'", "”": "”"}
_AFTER_STRING = re.compile(
    r"""\s*\\?(?: [:}\])=] | \Z | //|/\*|\# | </ | <\||```
      | ,\s*(?: ["'“\u2018{\[}\])] | [-+.]?\d | (?:true|false|null|None|True|False)\b
              | [A-Za-z_$][\w$]*\s*[:=] | //|/\*|\# | \Z )
      | ["'“]?[A-Za-z_]\w*["'”]?\s*:\s*(?:["'“\u2018{\[\d\-]|true|false|null|None|True|False) )""",
    re.VERBOSE,
)
_ENDS = {
    quote: re.compile(rf"[^\\{ends}]*(?:\\.[^\\{ends}]*)*[{ends}]", re.DOTALL)
    for quote, ends in _CLOSING_QUOTE.items()
}
_ESCAPE = re.compile(r"(?:\\u[0-9a-fA-F]{4})+|\\.", re.DOTALL)
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f"}
_CONSTANTS: dict[str, Json] = {"true": True, "false": False}
_SHORT = 2
"""Characters of an escape that stands for one character."""
_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")
_strict = json.JSONDecoder(strict=False)


class Unreadable(ValueError):
    """There is no value here, or not all of one."""


class Fuel:
    """Steps a reading may still take.

    Args:
        size: Characters of the text; every two allow a step, and a few thousand are free.
    """

    __slots__ = ("left", "spent")

    def __init__(self, size: int) -> None:
        self.left = size // 2 + 4000
        self.spent = 0

    def burn(self, characters: int = 0) -> None:
        """Pay for one step and the characters a regular expression passed in it.

        Raises:
            Unreadable: There is none left.
        """
        cost = 1 + characters // _SCAN
        self.left -= cost
        self.spent += cost
        if self.left < 0:
            raise Unreadable("out of fuel")


def loads(text: str) -> Any:
    """Return the value a whole text stands for, or None."""
    try:
        value, end = read_value(text, 0, Fuel(len(text)), closed=True)
    except Unreadable:
        return None
    return value if not text[end:].strip().strip("}]") else None


def mended(text: str) -> dict[str, Any] | None:
    """Return the arguments a server passed on as they were written, if no part of them is missing.

    `{"a": 1}}`, `{'a': 1}` and a JSON text inside a JSON text are read; what was cut off is not.
    """
    value = _unbroken(text)
    if isinstance(value, str):
        value = _unbroken(value)
    return value if isinstance(value, dict) else None


def _unbroken(text: str) -> Any:
    """Return the value of a text without missing brackets, or None."""
    try:  # behind a comma no bracket may be missing
        value, end = read_value(f"{text},", 0, Fuel(len(text)))
    except Unreadable:
        return None
    return value if not text[end:].strip().strip("}]") else None


def read_value(text: str, start: int, fuel: Fuel, *, closed: bool = False) -> tuple[Any, int]:
    """Return the value that begins at a place, and where it ends.

    Args:
        text: The reply.
        start: Where the value begins.
        fuel: What the reading may cost.
        closed: Whether the text was meant to end where it does, so that nothing can be cut off.

    Raises:
        Unreadable: There is no value, or a part of it is missing.
    """
    try:
        value, end = _strict.raw_decode(text, start)
        fuel.burn(end - start)
    except (json.JSONDecodeError, RecursionError) as error:
        fuel.burn(getattr(error, "pos", len(text)))
    except ValueError:  # a number of thousands of digits
        raise Unreadable("too long a number") from None
    else:
        return _speakable(value, text[start:end]), end
    reader = Reader(text, start, fuel, closed=closed)
    value = reader.value(0)
    if reader.mended and re.match(r"[\s}\]]*[\"']", text[reader.at : reader.at + 40]):
        raise Unreadable("a string ended where it should not")
    return _speakable(value, text[start : reader.at]), reader.at


def _speakable(value: Any, source: str) -> Any:
    """Return a value unless a lone surrogate in it would break every encoder after us."""
    if _SURROGATE.search(source):
        try:
            json.dumps(value, ensure_ascii=False).encode()
        except UnicodeEncodeError:
            raise Unreadable("half of a character") from None
    return value


class Reader:
    """Reads values where strict JSON gave up.

    Args:
        text: What may be read, to its end.
        at: Where to begin; afterwards, where the value ended.
        fuel: What it may cost.
        closed: Whether nothing can be missing at the end of the text.
    """

    def __init__(self, text: str, at: int, fuel: Fuel, *, closed: bool) -> None:
        self.at = at
        self.mended = False
        self._text = text
        self._fuel = fuel
        self._closed = closed

    def value(self, depth: int) -> Any:
        """Return the value here."""
        self.skip()
        character = self._text[self.at : self.at + 1]
        if depth > DEEPEST:
            raise Unreadable("too deep")
        if character == "{":
            return self._object(depth)
        if character and character in "[(":
            return self._array(depth)
        if character and character in _CLOSING_QUOTE:
            return self.string()
        return self._scalar()

    def skip(self) -> str:
        """Pass blanks, comments and stray backslashes; return the character that follows."""
        match = _BLANK.match(self._text, self.at)
        end = match.end() if match else self.at
        self._fuel.burn(end - self.at)
        self.at = end
        return self._text[end : end + 1]

    def _object(self, depth: int) -> dict[str, Any]:
        self.at += 1
        doubled = self.skip() == "{"  # the template of the 1.5B shows `{{"name": …}}`
        self.at += doubled
        found: dict[str, Any] = {}
        key, comma = "", False
        while True:
            character = self.skip()
            if character == ",":
                comma = True
                self.at += 1
            elif character == "}":
                self.at += 1
                if doubled and self.skip() == "}":
                    self.at += 1
                return found
            elif found and self._ends(character, found[key], 0 if comma else depth + 1):
                return found
            else:
                key = self._key(character)
                self._colon()
                found[key] = self.value(depth + 1)
                comma = False

    def _ends(self, character: str, last: Any, level: int) -> bool:
        """Tell whether a bracket was left out here, after a whole value.

        Where the reply ends too, more may have been to come: only the outermost bracket may be
        missing there, behind one that is closed. `level` is 0 after a comma, else the depth.
        """
        if character:
            return character in "])<{" or self._text.startswith("```", self.at)
        if not level or not (self._closed or (level == 1 and isinstance(last, dict | list))):
            raise Unreadable("cut off")
        return True

    def _key(self, character: str) -> str:
        if character and character in _CLOSING_QUOTE:
            return self.string()
        match = _KEY.match(self._text, self.at)
        if match is None:
            raise Unreadable("no key")
        self.at = match.end()
        return match[0]

    def _colon(self) -> None:
        self.skip()
        match = _COLON.match(self._text, self.at)
        if match is None:
            raise Unreadable("no colon")
        self.at = match.end()

    def _array(self, depth: int) -> list[Any]:
        closer = "]" if self._text[self.at] == "[" else ")"
        self.at += 1
        found: list[Any] = []
        comma = False
        while True:
            character = self.skip()
            left = 0 if comma else depth + 1
            if character == ",":
                comma = True
                self.at += 1
            elif character and character in "}])":
                self.at += character == closer  # another's bracket: this one was left out
                return found
            elif found and character != "{" and self._ends(character, found[-1], left):
                return found
            else:
                found.append(self.value(depth + 1))
                comma = False

    def string(self) -> str:
        """Return the string here; quotes inside it that were not escaped belong to it."""
        quote = self._text[self.at]
        if quote in "\"'" and self._text.startswith(quote * 3, self.at):
            return self._long_string(quote * 3)
        ends = _ENDS[quote]
        start = at = self.at + 1
        while True:
            match = ends.match(self._text, at)
            self._fuel.burn((match.end() if match else len(self._text)) - at)
            if match is None:
                raise Unreadable("a string without end")
            at = match.end()
            if _AFTER_STRING.match(self._text, at):
                break
            self.mended = True
        self.at = at
        return _unescaped(self._text[start : at - 1])

    def _long_string(self, quotes: str) -> str:
        start = self.at + 3
        end = self._text.find(quotes, start)
        self._fuel.burn((end if end >= 0 else len(self._text)) - start)
        if end < 0:
            raise Unreadable("a string without end")
        self.at = end + 3
        return _unescaped(self._text[start:end])

    def _scalar(self) -> Json:
        match = _SCALAR.match(self._text, self.at)
        self._fuel.burn()
        if match is None:
            raise Unreadable("no value")
        if match.end() == len(self._text) and not self._closed:
            raise Unreadable("perhaps cut off")
        self.at = match.end()
        word = match[0]
        if word[0].isalpha():
            return _CONSTANTS.get(word.lower())
        try:
            return int(word)
        except ValueError:
            return _number(word)


def _number(word: str) -> float:
    try:
        return float(word)
    except ValueError:
        raise Unreadable("no number") from None


def _unescaped(text: str) -> str:
    """Return a string's text; an escape JSON does not know, `d` say, is kept as written."""
    return _ESCAPE.sub(_meant, text) if "\\" in text else text


def _meant(match: re.Match[str]) -> str:
    code = match[0]
    if len(code) > _SHORT:  # one or more \\uXXXX: two may make one character
        units = "".join(chr(int(unit, 16)) for unit in code.split("\\u")[1:])
        return units.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    character = code[1]
    return _ESCAPES.get(character, character if character in "\"'\\/`" else code)
