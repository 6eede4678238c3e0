"""Tells a call that is made from a call that is shown, by the words before and after it.

What is shown must not run: examples, explanations, quotations, refusals, reports of the past, and
questions whether to run it. A call not run by mistake costs one more request; a call run by mistake
may have done what the model was just refusing to do. Words of other languages than English are few.
"""

from __future__ import annotations

import re
from typing import Literal

NEARBY = 400
"""Characters of the paragraph before, and of the text after, that are looked at."""

_ACT = r"(?:run|call|execute|use|send|do|make|invoke|perform|issue|write|delete|show)"
_LEAD = re.compile(
    rf"""
    \b(?:for|as|is|an?|another|simple|following|one|the|this|complete|basic|usage|code)\s+example\b
  | \bexamples?\b\s*[:#*]*\s*$ | \b(?:some|few|several)\s+examples\b | ^\W*example\b
  | \be\.\s?g\. | \bfor\ instance\b | \bsuch\ as\b | \bhypothetical | \bsuppose\b | \bimagine\b
  | \blooks?\ like\b | \blike\ (?:this|so)\b
  | \byou(?:'d|\ (?:can|could|may|might|would|should|need\ to|must|will\ need))\b
  | \b(?:one|users?|student|developer)\ (?:can|could|would|may|might|should|types?|writes?)\b
  | \bto\ call\ (?:it|this|the\ (?:tool|function))\b | \bhow\ (?:to|you|one|a\ call)\b
  | \b(?:usage|syntax|template|sample|tutorial|documentation|documented|signature)\b
  | \b(?:format|form|structure|shape|definition)\ (?:is|of|for)\b | \binstead\ of\b
  | \b(?:would|could|might)\ (?:be|look|use|write|call|send|run|then|have|return|make)\b
  | \bif\ (?:you|i|we|one|someone)\ (?:want|need|wish|were|had|would|ever|like)
  | \b(?:says?|said|wrote|contains?|reads|shows|types|has\ this\ line|you\ sent)\b[^.!?\n]*$
  | \bwas:\s*$
  | \bI(?:'ve|\ have|\ had)?\ (?:already\ |just\ )?(?:called|ran|run|used|made|sent|executed)\b
  | \b(?:can(?:'t|not|\ not)|won't|will\ not|would\ not|wouldn't|do\ not|don't|did\ not
      |didn't|should\ not|shouldn't|must\ not|may\ not|never|unable\ to|refuse\ to|without
      |not\ (?:allowed|able|going)\ to)\s+(?:\w+\s+){{0,2}}?
      {_ACT}
  | \b(?:once|after|when|unless|until|as\ soon\ as|if)\ (?:you|approved|confirmed|allowed)\b
  | \b(?:not|bad|failed|failing|failure|dangerous)\b\W*(?:\w+\ ?){0, 3}\W*$
  | \bif\ I\ may\b | \b(?:will\ not|won't|don't|do\ not|never|not\ going\ to|rather\ not)\b
  | \bfrom\ (?:the|a|your|our|my)\ (?:\w+\ )?(?:manual|docs?|logs?|file|page|document|history|test)
  | \b(?:explain|describe|illustrate|demonstrate)\b | \b(?:error|invalid)\b
  | ^\W*(?:warning|caution|danger|note|todo|question|bad)\b
  | \brefuse\b | \b(?:not|im)\ ?possible\b | ^\W*(?:wrong|incorrect|invalid|bad|avoid)\b
  | \b(?:before\ I|shall\ I|should\ I|may\ I|do\ you\ want|would\ you\ like|are\ you\ sure)\b
  | \bz(?:um\ |\.\s?)B(?:eispiel|\.) | \bBeispiel | \bbeispielsweise | \bs[äa]he\b | \bwürde\b
  | \bkann\ (?:das|dies|es|den|die)?\ ?nicht\b | \bdarf\ nicht\b | \bwerde\ (?:das\ )?nicht\b
  | \bexemple\b | \bne\ peux\ pas\b | \bpourrai[st]\b | \bejemplo\b | \bno\ puedo\b | \bpodría
  | \besempio\b | \bnon\ posso\b | \bexemplo\b | \bnão\ posso\b | \b(?:bij)?voorbeeld | \bprzykład
  | пример | не\ могу | 例 | 比如 | 举例 | 示范 | 不能 | 无法 | たとえば | できません | 예를 | 예시
  | مثال | örne[ğk]
    """,
    re.IGNORECASE | re.VERBOSE,
)
_AFTER = re.compile(
    r"""^[\s>`}\]]*(?:
    [^\n]{0,80}?\b(?:is|was)\ (?:just\ |only\ )?(?:an?|the)\ (?:\w+\ )?
      (?:example|sample|illustration)
  | (?:in\ )?(?:this|the\ above)\ (?:example|sample|snippet)\b
  | (?:this|that|it|the\ (?:call|above|request))\ (?:\w+\ )?would\b
  | [^\n]{0,120}?\b(?:not\ run\ (?:it|this)|did\ not\ (?:run|call)|haven't\ (?:run|called))\b
  | [^\n]{0,60}?\b(?:shall\ I|should\ I|do\ you\ want\ me|please\ confirm|decided\ against)\b
  | [^\n]{0,60}?\blooks\ like\ an\ attempt\b | which\ \w+ | where\ \w+ | but\ only\ if\b
  | replace\ \w+ | (?:make\ sure\ to\ )?replace\b | (?:is|are)\ how\b | that\ is\ how\b
    )""",
    re.IGNORECASE | re.VERBOSE,
)
_QUESTION = re.compile(r"[\s>`}\]]*[^\n?{\[<`]{0,160}\?")
_NO_ACTS = (
    r"(?:warn|follow|accord|noth|someth|str|miss|test|consider|mean|assum|imagin|compar)ing\b"
)
_ANNOUNCED = re.compile(
    rf"""
    \b(?:I'll|I\ (?:will|need|have\ to|must|want\ to|shall))\b
  | \bI(?:'m|\ am)\ (?:now\ )?\w+ing\b
  | \bwe(?:'ll|'re|\ (?:will|are|need\ to|have\ to|must|can))\b
  | \blet(?:\ me|'s)\b(?!\ (?:know|discuss|show|be|say|assume|suppose|imagine|consider))
  | \bI\ (?:\w+\ )?(?:search|look|walk|check|find|get|call|use|run|list|read|store|fetch|query|ask
      |send|add|create|convert|delete|do|start|try|remember|note)\b | \bnow\ I\b
  | (?:^|[.!:]\s+|\bnow\s+|\bso\s+)\W*(?!{_NO_ACTS})[A-Za-z]{{2,}}ing\b(?!,)
  | \bhere(?:'s|\ is|\ are|\ comes)\ (?:the|my|a)\ (?:\w+\ ){{0,3}}
      (?:calls?|request|query|JSON|object)\b
  | \b(?:tool|function)[\ _]calls?\W*$ | ^\W*(?:action|call|calls|assistant|answer|tool|query)\W*$
  | \bstep\ \d | ^\W*thought\b | ^\W*(?:first|then|next|now|finally|so)\b\W*$
  | ^\W*(?:sure|okay|ok|certainly|of\ course|alright|understood|yes|right|got\ it)\b
      [\w\s]{{0,20}}[.!:,]*\s*$
  | \bich\ (?:\w+\ )?(?:suche|rufe|werde|prüfe|schaue|sehe|lese|frage|sende|hole|finde
      |nutze|verwende)\b
  | \bje\ (?:vais|cherche|lance|consulte)\b | \bvoici\ l.appel\b | \bvoy\ a\b | \bdéjame\b
  | \bvado\ a\b | \bvou\b | \bik\ (?:zal|ga|zoek)\b | \bя\ (?:вызову|ищу|проверю)
  | 我来 | 让我 | 我将 | 我会 | 正在 | 我先 | します | ましょう | 하겠습니다
    """,
    re.IGNORECASE | re.VERBOSE | re.MULTILINE,
)
_QUOTES = "\"'“„\u2018«「"
Manner = Literal["made", "shown", "unclear"]
"""How a call stands in a reply: made; shown only; or in words that say neither."""


def manner(before: str, after: str) -> Manner:
    """Tell how a call between two texts is meant.

    It is made if it stands alone, or its paragraph announces it. A list of the words of examples
    would never end, so prose that does not announce a call does not make one either.

    Args:
        before: The prose since the last call.
        after: What follows.
    """
    if before[-1:] and before[-1] in _QUOTES:
        return "shown"
    lead = before.rstrip()[-NEARBY:].replace("\u2019", "'")
    paragraph = re.split(r"\n[ \t]*\n", lead)[-1]
    rest = after[:NEARBY].replace("\u2019", "'")
    if _LEAD.search(paragraph) or _AFTER.match(rest) or _QUESTION.match(rest):
        return "shown"
    alone = not paragraph.strip(" \t\n*#_:,;.()[]{}<>|-`\\")
    return "made" if alone or _ANNOUNCED.search(paragraph) else "unclear"


def announced(before: str) -> bool:
    """Tell whether the paragraph before a call says that it is made now."""
    lead = before.rstrip()[-NEARBY:].replace("\u2019", "'")
    return bool(_ANNOUNCED.search(re.split(r"\n[ \t]*\n", lead)[-1]))
