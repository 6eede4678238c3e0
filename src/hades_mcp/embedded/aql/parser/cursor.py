"""The parser's place in the tokens of a query, and its complaints."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

from hades_mcp.embedded.aql.tokens import (
    END,
    IDENTIFIER,
    INVALID,
    Token,
    describe,
    syntax_error,
    tokenize,
)
from hades_mcp.embedded.errors import ArangoError
from hades_mcp.embedded.values.stopping import step

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from hades_mcp.embedded.aql.nodes import Node

TOO_MUCH_NESTING = 1524
MAXIMUM_RECURSION = 2_000  # as parentheses, too, are levels here, but none of the tree


def too_much_nesting() -> ArangoError:
    """Make the error of a query that nests too deeply."""
    return ArangoError(
        TOO_MUCH_NESTING, "AQL: too much nesting or too many objects (while parsing)"
    )


class Cursor:
    """Walks over the tokens of one query.

    Args:
        text: The query.
        body: Parses the operations of a subquery; given here because expressions hold subqueries
            and operations hold expressions.

    Attributes:
        operations: How many operations the query has.
        out_of_range: The numbers met that are no doubles.
    """

    def __init__(self, text: str, body: Callable[[Cursor], tuple[Node, ...]]) -> None:
        self.text = text
        self.body = body
        self._tokens = tokenize(text)
        self._index = 0
        self._depth = 0
        self.operations = 0
        self.out_of_range = 0

    @property
    def token(self) -> Token:
        """The token at hand."""
        return self._tokens[self._index]

    @property
    def kind(self) -> str:
        """The kind of the token at hand."""
        return self._tokens[self._index].kind

    @property
    def behind(self) -> Token:
        """The token taken last."""
        return self._tokens[self._index - 1]

    def ahead(self, distance: int = 1) -> Token:
        """Look at a later token."""
        return self._tokens[min(self._index + distance, len(self._tokens) - 1)]

    def advance(self) -> Token:
        """Take the token at hand."""
        step()
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

    def then(self, kind: str) -> Token:
        """Take the token after an expression, which must be of this kind.

        The expression might go on, so that ArangoDB does not say what it expects: it is too much.
        """
        if self.kind != kind:
            self.unexpected()
        return self.advance()

    def at_word(self, word: str) -> bool:
        """Tell whether a soft keyword (KEEP, OPTIONS, PRUNE, SEARCH, TO, COUNT …) is at hand."""
        token = self.token
        return token.kind == IDENTIFIER and bool(token.value.upper() == word)

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

        A comma after the last item is allowed, as in array and object literals.
        """
        while not self.accept(close):
            yield
            if self.kind != close and not self.accept(","):
                self.unexpected(close)

    def unexpected(self, *expected: str) -> NoReturn:
        """Complain about the token at hand.

        Args:
            expected: What might have stood there, in the order of ArangoDB's tokens.
        """
        if self.kind == INVALID and self.token.value:
            self.fail(self.token.at, self.token.value)
        wanted = ", expecting " + " or ".join(map(describe, expected)) if expected else ""
        message = f"syntax error, unexpected {self.token.description}{wanted}"
        raise syntax_error(self.text, self.token.at, message)

    def unexpected_word(self, word: str, expected: str, *, behind: bool = False) -> NoReturn:
        """Complain about a soft keyword once what follows it is read, as ArangoDB does.

        Args:
            word: What was found.
            expected: What might have stood there.
            behind: Whether ArangoDB decides without looking at the token at hand.
        """
        at = self.behind.at if behind else self.token.at
        self.fail(at, f"unexpected qualifier '{word}', expecting {expected}")

    def fail(self, at: int, message: str) -> NoReturn:
        """Complain about what is at an offset."""
        raise syntax_error(self.text, at, message)

    def deeper(self) -> None:
        """Go one level down, `higher` goes up again.

        Raises:
            ArangoError: 1524 below the deepest level allowed.
        """
        self._depth += 1
        if self._depth > MAXIMUM_RECURSION:
            raise too_much_nesting()

    def higher(self) -> None:
        """Come up one level."""
        self._depth -= 1
