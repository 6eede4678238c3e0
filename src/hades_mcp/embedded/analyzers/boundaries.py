"""Words of a text by Unicode's default rules, the same in every language and without dictionaries.

Source: Unicode Standard Annex #29, word boundaries; written in the notation of ICU's rules.
"""

from __future__ import annotations

import threading
from typing import Any

_breakers = threading.local()  # an ICU iterator holds the text it walks

_LETTERS = ("ALetter", "Hebrew_Letter")
_CLASSES = {
    "CR": "CR",
    "LF": "LF",
    "Newline": "Newline",
    "Extend": "Extend",
    "Format": "Format",
    "Hebrew": "Hebrew_Letter",
    "Katakana": "Katakana",
    "MidLetter": "MidLetter",
    "MidNumLet": "MidNumLet",
    "MidNum": "MidNum",
    "Numeric": "Numeric",
    "Join": "ExtendNumLet",
    "Flag": "Regional_Indicator",
    "Space": "WSegSpace",
    "Single": "Single_Quote",
    "Double": "Double_Quote",
}
_EXTENDED = ("Hebrew", "Katakana", "MidLetter", "MidNumLet", "MidNum", "Numeric", "Join", "Flag")
_RULES = """
$CR $LF;
$ZWJ $Picture;
$Space $Space;
[^$CR $LF $Newline] $Ignored;
$LetterX $LetterX;
$LetterX ($MidLetterX | $MidNumLetX | $SingleX) $LetterX;
$HebrewX $SingleX;
$HebrewX $DoubleX $HebrewX;
$NumericX $NumericX;
$LetterX $NumericX;
$NumericX $LetterX;
$NumericX ($MidNumX | $MidNumLetX | $SingleX) $NumericX;
$KatakanaX $KatakanaX;
$LetterX $JoinX;
$NumericX $JoinX;
$KatakanaX $JoinX;
$JoinX $JoinX;
$JoinX $LetterX;
$JoinX $NumericX;
$JoinX $KatakanaX;
^$FlagX $FlagX;
.;
"""


def pieces(text: str) -> list[str]:
    """Return every piece between two word boundaries; together they are the text."""
    if text.isascii() and text.isalnum():
        return [text]
    breaker = _breaker()
    raw = text.encode("utf-16-le", "surrogatepass")  # ICU counts UTF-16 units
    breaker.setText(text)
    start, found = breaker.first(), []
    while (end := breaker.nextBoundary()) >= 0:
        found.append(raw[2 * start : 2 * end].decode("utf-16-le", "surrogatepass"))
        start = end
    return found


def _rules() -> str:
    lines = ["!!chain;", "!!quoted_literals_only;"]
    lines += [f"${name} = [\\p{{Word_Break = {value}}}];" for name, value in _CLASSES.items()]
    letters = " ".join(f"\\p{{Word_Break = {value}}}" for value in _LETTERS)
    lines += [
        f"$Letter = [{letters}];",
        "$ZWJ = \\u200D;",
        "$Picture = [\\p{Extended_Pictographic}];",
        "$Ignored = [$Extend $Format $ZWJ];",
    ]
    lines += [f"${name}X = ${name} $Ignored*;" for name in (*_EXTENDED, "Letter", "Single")]
    lines.append("$DoubleX = $Double $Ignored*;")
    return "\n".join(lines) + _RULES


def _breaker() -> Any:
    known: dict[str, Any] = _breakers.__dict__
    if "rules" not in known:
        import icu  # noqa: PLC0415  heavy, and not every process analyzes text

        known["rules"] = icu.RuleBasedBreakIterator(_rules())
    return known["rules"]
