"""The parser's place in the tokens of a query, and its complaints."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

from hades_mcp.embedded.aql.tokens import END, IDENTIFIER, Token, describe, syntax_error, tokenize
from hades_mcp.embedded.errors import ArangoError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from hades_mcp.embedded.aql.nodes import Node

TOO_MUCH_NESTING = 1524
MAXIMUM_NESTING = 120  # a level costs up to four Python frames here and in the planner


class Cursor:
    """Walks over the tokens of one query.

    Args:
        text: The query.
        body: Parses the operations of a subquery; given here because expressions hold subqueries
            and operations hold expressions.
    """

    def __init__(self, text: str, body: Callable[[Cursor], tuple[Node, ...]]) -> None:
        self.text = text
        self.body = body
        self._tokens = tokenize(text)
        self._index = 0
        self._depth = 0

    @property
    def token(self) -> Token:
        """The token at hand."""
        return self._tokens[self._index]

    @property
    def kind(self) -> str:
        """The kind of the token at hand."""
        return self._tokens[self._index].kind

    def ahead(self, distance: int = 1) -> Token:
        """Look at a later token."""
        return self._tokens[min(self._index + distance, len(self._tokens) - 1)]

    def advance(self) -> Token:
        """Take the token at hand."""
        token = self._tokens[self._index]
        if token.kind != END:
            self._index += 1
        return token

    def accept(self, kind: str) -> Token | None:
        """Take the token at hand if it is of this kind."""
        return self.advance() if self.kind == kind else None

    def expect(self, kind: str) -> Token:
        """Take the token at hand, which must be of this kind."""
        if self.kind != kind:
            self.unexpected(kind)
        return self.advance()

    def at_word(self, word: str) -> bool:
        """Tell whether a soft keyword (KEEP, OPTIONS, PRUNE, SEARCH, TO, COUNT …) is at hand."""
        token = self.token
        return token.kind == IDENTIFIER and not token.quoted and token.value.upper() == word

    def accept_word(self, word: str) -> bool:
        """Take a soft keyword if it is at hand."""
        found = self.at_word(word)
        if found:
            self.advance()
        return found

    def expect_name(self) -> Token:
        """Take an identifier."""
        return self.expect(IDENTIFIER)

    def separated(self, close: str) -> Iterator[None]:
        """Iterate once per item of a comma-separated list up to `close`, which is taken.

        A comma after the last item is allowed.
        """
        while not self.accept(close):
            yield
            if self.kind != close:
                self.expect(",")

    def unexpected(self, expected: str = "") -> NoReturn:
        """Complain about the token at hand."""
        wanted = f", expecting {describe(expected)}" if expected else ""
        message = f"syntax error, unexpected {self.token.description}{wanted}"
        raise syntax_error(self.text, self.token.at, message)

    def fail(self, at: int, message: str) -> NoReturn:
        """Complain about what starts at an offset."""
        raise syntax_error(self.text, at, message)

    def deeper(self) -> None:
        """Go one level down, `higher` goes up again.

        Raises:
            ArangoError: 1524 below the deepest level allowed.
        """
        self._depth += 1
        if self._depth > MAXIMUM_NESTING:
            raise ArangoError(
                TOO_MUCH_NESTING, "AQL: too much nesting or too many objects (while parsing)"
            )

    def higher(self) -> None:
        """Come up one level."""
        self._depth -= 1
