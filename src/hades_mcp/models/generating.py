"""One reply of a transformers model: token by token, stoppable, held to a schema where asked."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any

from hades_mcp.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from hades_mcp.models.base import ChatRequest

_HALF = "\ufffd"
"""What a decoder gives for a character whose last bytes are still to come."""


_SPACING = {"whitespace_flexible": False, "item_separator": ", ", "key_separator": ": "}
"""As `json.dumps` spaces: freely spaced JSON lets a model write blanks for ever."""


class Reply:
    """What is generated so far; a streamer and a stopping criterion of transformers in one.

    Args:
        tokenizer: Turns tokens to text.
        prompt: How many tokens the prompt has.
        stops: Texts that end the reply, and do not belong to it.
        deadline: `time.monotonic()` at which it is given up.
        say: Told each further piece of text.
    """

    def __init__(
        self,
        tokenizer: Any,
        prompt: int,
        stops: Sequence[str],
        deadline: float,
        say: Callable[[str], None],
    ) -> None:
        self._tokenizer = tokenizer
        self._prompt = prompt
        self._stops = [stop for stop in stops if stop]
        self._hold = max((len(stop) - 1 for stop in self._stops), default=0)
        self._deadline = deadline
        self._say = say
        self._said = 0
        self.cancelled = threading.Event()
        self.late = False
        self.stopped = False
        self.text = ""
        self.tokens: list[int] = []

    def put(self, value: Any) -> None:
        """Take tokens as transformers' `BaseStreamer` gives them; the first are the prompt."""
        tokens = value.flatten().tolist()
        if self._prompt:
            self._prompt -= len(tokens)
            return
        self.tokens += tokens
        text = str(self._tokenizer.decode(self.tokens, skip_special_tokens=True))
        if text.endswith(_HALF):
            return
        self.text = text
        found = [text.index(stop) for stop in self._stops if stop in text]
        if found:
            self.stopped = True
            self.text = text[: min(found)]
        # What may be the beginning of a stop is held back.
        self._tell(len(self.text) if found else len(text) - self._hold)

    def end(self) -> None:
        """Say what was held back."""
        if not self.stopped:
            self.text = str(self._tokenizer.decode(self.tokens, skip_special_tokens=True))
        self._tell(len(self.text))

    def __call__(self, input_ids: Any, scores: Any, **_: Any) -> Any:
        """Tell transformers whether to stop, as one of its stopping criteria."""
        del scores
        import torch  # noqa: PLC0415  only where models run in process

        self.late = time.monotonic() > self._deadline
        stop = self.stopped or self.late or self.cancelled.is_set()
        return torch.full((input_ids.shape[0],), stop, dtype=torch.bool, device=input_ids.device)

    def _tell(self, end: int) -> None:
        if end > self._said:
            self._say(self.text[self._said : end])
            self._said = end


class Constraint:
    """Leaves the model only tokens that a schema or a grammar allows; a logits processor.

    Args:
        tokenizer: The model's own, a fast one.
        vocabulary: How many rows the model's output has.
        request: Whose schema or grammar it is.

    Raises:
        ConfigError: The package llguidance is missing, or the schema cannot be kept to.
    """

    def __init__(self, tokenizer: Any, vocabulary: int, request: ChatRequest) -> None:
        try:
            import llguidance  # noqa: PLC0415  only where models run in process
            import llguidance.hf  # noqa: PLC0415
            from llguidance.gbnf_to_lark import any_to_lark  # noqa: PLC0415
        except ImportError:
            raise ConfigError(
                "The package llguidance is missing; it holds a model in this process to a schema.",
                hint='Run: pip install "hades-mcp[train]"',
            ) from None
        matcher = llguidance.LLMatcher
        if request.response_schema is not None:
            grammar = matcher.grammar_from_json_schema(request.response_schema, overrides=_SPACING)
        else:
            grammar = matcher.grammar_from_lark(any_to_lark(request.grammar))
        known = llguidance.hf.from_tokenizer(tokenizer, n_vocab=vocabulary)
        self._matcher = matcher(known, grammar)
        if self._matcher.is_error():
            raise ConfigError(
                f"The model cannot be held to that: {self._matcher.get_error()}",
                hint="Give a simpler schema.",
            )
        self._seen: int | None = None

    def __call__(self, input_ids: Any, scores: Any) -> Any:
        """Rule out what is not allowed next."""
        import llguidance.numpy as masks  # noqa: PLC0415
        import numpy as np  # noqa: PLC0415
        import torch  # noqa: PLC0415

        length = int(input_ids.shape[1])
        if self._seen is not None and length > self._seen:
            self._matcher.consume_tokens(input_ids[0, self._seen :].tolist())
        self._seen = length
        allowed = masks.allocate_token_bitmask(1, scores.shape[1])
        masks.fill_next_token_bitmask(self._matcher, allowed)
        bits = np.unpackbits(allowed.view(np.uint8), bitorder="little")[: scores.shape[1]]
        ruled_out = torch.from_numpy(bits == 0).to(scores.device)
        return scores.masked_fill(ruled_out, float("-inf"))
