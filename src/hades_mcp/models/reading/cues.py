"""Tells a call that is made from a call that is shown, by the words before and after it.

What is shown must not run: examples, explanations, quotations, refusals, reports of the past, and
questions whether to run it. A call shown by mistake costs one more request; a call run by mistake
may have done what the model was just refusing to do. Words of other languages are few: the ones
that begin an example or a refusal.
"""

from __future__ import annotations

import re

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
  | [^\n]{0,60}?\b(?:shall\ I|should\ I|do\ you\ want\ me|would\ you\ like\ me|please\ confirm)\b
  | [^\n]{0,60}?\blooks\ like\ an\ attempt\b | which\ \w+ | where\ \w+ | but\ only\ if\b
  | replace\ \w+ | (?:make\ sure\ to\ )?replace\b | (?:is|are)\ how\b | that\ is\ how\b
    )""",
    re.IGNORECASE | re.VERBOSE,
)
_QUOTES = "\"'“„\u2018«「"


def shown(before: str, after: str) -> bool:
    """Tell whether a call between two texts is only shown.

    Args:
        before: The prose since the last call.
        after: What follows.
    """
    lead = before.rstrip()[-NEARBY:].replace("\u2019", "'")
    paragraph = re.split(r"\n[ \t]*\n", lead)[-1]
    if before[-1:] and before[-1] in _QUOTES:
        return True
    return bool(_LEAD.search(paragraph) or _AFTER.match(after[:NEARBY].replace("\u2019", "'")))
