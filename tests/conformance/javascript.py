"""As much of JavaScript as the manual's set-up scripts and arangosh transcripts are written in."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from tests.conformance.scripting import (
    Broken,
    Evaluate,
    Returned,
    Scope,
    ScriptError,
    Thrown,
    array_of,
    assignable,
    call_of,
    constant,
    function_of,
    is_true,
    member_of,
    operation_of,
    sequence_of,
    show,
    text_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable

_TOKEN = re.compile(
    r"""(?P<space>\s+|//[^\n]*|/\*.*?\*/)
    |(?P<number>\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)
    |(?P<name>[A-Za-z_$][\w$]*)
    |(?P<text>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')
    |(?P<template>`(?:[^`\\]|\\.)*`)
    |(?P<sign>===|!==|=>|\.\.\.|==|!=|<=|>=|&&|\|\||\?\?|\+\+|--|\+=|-=|[-+*/%<>=!?:;,.(){}\[\]~])
    """,
    re.VERBOSE | re.DOTALL,
)
_LEVELS = [["||", "??"], ["&&"], ["==", "!=", "===", "!=="], ["<", ">", "<=", ">="]]
_LEVELS += [["+", "-"], ["*", "/", "%"]]
_HOLE = re.compile(r"\$\{([^}]*)\}")


def run(source: str, names: dict[str, Any]) -> list[Any]:
    """Run a script; return the values of its expression statements, as the shell prints them.

    Raises:
        ScriptError: For what is beyond this reader.
        Thrown: For an exception nothing caught.
    """
    scope = Scope(dict(names))
    scope.names["print"] = lambda *values: scope.printed.extend(values)
    for statement in _Parser(source).program():
        statement(scope)
    return scope.printed


def _tokens(source: str) -> list[tuple[str, str]]:
    found, position = [], 0
    while position < len(source):
        match = _TOKEN.match(source, position)
        if match is None:
            raise ScriptError(f"cannot read {source[position : position + 20]!r}")
        position = match.end()
        if match.lastgroup != "space":
            found.append((match.lastgroup or "", match[0]))
    return [*found, ("end", "")]


class _Parser:
    def __init__(self, source: str) -> None:
        self.tokens = _tokens(source)
        self.place = 0

    # reading ------------------------------------------------------------------
    @property
    def now(self) -> str:
        kind, text = self.tokens[self.place]
        return text if kind in {"sign", "name"} else f"<{kind}>"

    def take(self, *wanted: str) -> bool:
        if self.now in wanted:
            self.place += 1
            return True
        return False

    def need(self, wanted: str) -> None:
        if not self.take(wanted):
            raise ScriptError(f"expected {wanted}, found {self.tokens[self.place][1]!r}")

    def name(self) -> str:
        kind, text = self.tokens[self.place]
        if kind != "name":
            raise ScriptError(f"expected a name, found {text!r}")
        self.place += 1
        return text

    # statements ---------------------------------------------------------------
    def program(self) -> list[Evaluate]:
        found = []
        while self.now != "<end>":
            found.append(self.statement())
        return found

    def block(self) -> Evaluate:
        self.need("{")
        body = []
        while not self.take("}"):
            body.append(self.statement())
        return sequence_of(body)

    def statement(self) -> Evaluate:  # noqa: PLR0911  one return per statement
        if self.take(";"):
            return lambda _scope: None
        if self.now == "{":
            return self.block()
        if self.take("~"):  # run by the manual's tools, but not shown
            hidden = self.statement()
            return lambda scope: hidden(Scope(scope.names, scope.outer))
        match self.now:
            case "var" | "let" | "const":
                return self.declaration()
            case "if":
                return self.conditional()
            case "for" | "while":
                return self.loop()
            case "try":
                return self.attempt()
            case "function":
                self.place += 1
                name = self.name()
                made = self.function()
                return lambda scope: scope.names.__setitem__(name, made(scope))
            case "return" | "throw" | "break":
                return self.jump()
        value = self.expression()
        self.take(";")
        return lambda scope: show(scope, value(scope))

    def declaration(self) -> Evaluate:
        self.place += 1
        parts: list[tuple[str, Evaluate]] = []
        while True:
            name = self.name()
            value = self.expression() if self.take("=") else constant(None)
            parts.append((name, value))
            if not self.take(","):
                break
        self.take(";")

        def declare(scope: Scope) -> None:
            for name, value in parts:
                scope.names[name] = value(scope)

        return declare

    def conditional(self) -> Evaluate:
        self.need("if")
        self.need("(")
        test = self.expression()
        self.need(")")
        then = self.statement()
        other = self.statement() if self.take("else") else constant(None)
        return lambda scope: then(scope) if is_true(test(scope)) else other(scope)

    def loop(self) -> Evaluate:
        first = after = constant(None)
        if self.take("while"):
            self.need("(")
            test = self.expression()
        else:
            self.need("for")
            self.need("(")
            first = constant(None) if self.take(";") else self.statement()
            test = self.expression()
            self.need(";")
            after = self.expression()
        self.need(")")
        body = self.statement()

        def repeat(scope: Scope) -> None:
            """The shell prints the last value of a loop, as of any statement."""
            first(scope)
            values: list[Any] = []
            try:
                while is_true(test(scope)):
                    inner = Scope({}, scope)
                    body(inner)
                    values = inner.printed
                    after(scope)
            except Broken:
                return
            scope.printed.extend(values[-1:])

        return repeat

    def attempt(self) -> Evaluate:
        self.need("try")
        body, name, handler, last = self.block(), "", constant(None), constant(None)
        if self.take("catch"):
            if self.take("("):
                name = self.name()
                self.need(")")
            handler = self.block()
        if self.take("finally"):
            last = self.block()

        def attempted(scope: Scope) -> None:
            try:
                body(scope)
            except Thrown as thrown:
                scope.names[name] = thrown.value
                handler(scope)
            finally:
                last(scope)

        return attempted

    def jump(self) -> Evaluate:
        word = self.name()
        value = constant(None) if self.now in {";", "}", "<end>"} else self.expression()
        self.take(";")

        def leave(scope: Scope) -> None:
            if word == "break":
                raise Broken
            raise Returned(value(scope)) if word == "return" else Thrown(value(scope))

        return leave

    def function(self) -> Evaluate:
        names = self.parameters()
        return function_of(names, self.block(), is_value=False)

    def parameters(self) -> list[str]:
        self.need("(")
        names = []
        while not self.take(")"):
            names.append(self.name())
            self.take(",")
        return names

    # expressions --------------------------------------------------------------
    def expression(self) -> Evaluate:
        start = self.place
        if (arrow := self.arrow()) is not None:
            return arrow
        left = self.choice()
        for sign in ("=", "+=", "-="):
            if self.take(sign):
                return self.assignment(start, sign)
        return left

    def assignment(self, start: int, sign: str) -> Evaluate:
        value = self.expression()
        end, self.place = self.place, start
        target = self.target()
        self.place = end

        def assign(scope: Scope) -> Any:
            new = value(scope)
            holder, name = target(scope)
            if sign != "=":
                new = holder[name] + new if sign == "+=" else holder[name] - new
            holder[name] = new
            return new

        return assign

    def target(self) -> Callable[[Scope], tuple[Any, Any]]:
        name = self.name()
        if self.now not in {".", "["}:
            return lambda scope: (scope.holder(name), name)
        holder: Evaluate = lambda scope: scope.get(name)  # noqa: E731
        while True:
            key = self.key()
            if self.now not in {".", "["}:
                break
            holder = member_of(holder, key)
        return lambda scope: (assignable(holder(scope)), key(scope))

    def key(self) -> Evaluate:
        if self.take("."):
            return constant(self.name())
        self.need("[")
        value = self.expression()
        self.need("]")
        return value

    def arrow(self) -> Evaluate | None:
        start = self.place
        try:
            is_name = self.tokens[start][0] == "name"
            names = [self.name()] if is_name else self.parameters()
            self.need("=>")
        except ScriptError:
            self.place = start
            return None
        if self.now == "{":
            return function_of(names, self.block(), is_value=False)
        return function_of(names, self.expression(), is_value=True)

    def choice(self) -> Evaluate:
        test = self.binary(0)
        if not self.take("?"):
            return test
        then = self.expression()
        self.need(":")
        other = self.expression()
        return lambda scope: then(scope) if is_true(test(scope)) else other(scope)

    def binary(self, level: int) -> Evaluate:
        if level == len(_LEVELS):
            return self.unary()
        left = self.binary(level + 1)
        while self.now in _LEVELS[level]:
            sign = self.now
            self.place += 1
            left = operation_of(sign, left, self.binary(level + 1))
        return left

    def unary(self) -> Evaluate:
        if self.take("!"):
            value = self.unary()
            return lambda scope: not is_true(value(scope))
        if self.take("-"):
            value = self.unary()
            return lambda scope: -value(scope)
        if self.take("++"):
            return self.counting()
        if self.take("new"):
            return self.unary()
        value = self.postfix()
        if self.now == "++":
            self.place -= 1
            counting = self.counting()
            self.need("++")
            return counting
        return value

    def counting(self) -> Evaluate:
        name = self.name()

        def count(scope: Scope) -> Any:
            holder = scope.holder(name)
            holder[name] += 1
            return holder[name]

        return count

    def postfix(self) -> Evaluate:
        value = self.primary()
        while self.now in {".", "[", "(", "<template>"}:
            if self.now == "<template>":
                _, text = self.tokens[self.place]
                self.place += 1
                value = _tagged(value, text[1:-1])
            elif self.now == "(":
                self.place += 1
                value = call_of(value, self.items(")"))
            else:
                value = member_of(value, self.key())
        return value

    def items(self, end: str) -> list[tuple[bool, Evaluate]]:
        found = []
        while not self.take(end):
            spread = self.take("...")
            found.append((spread, self.expression()))
            if self.now != end:
                self.need(",")
        return found

    def primary(self) -> Evaluate:
        kind, text = self.tokens[self.place]
        self.place += 1
        match kind:
            case "number":
                return constant(float(text) if "." in text or "e" in text.lower() else int(text))
            case "text":
                return constant(text_of(text[1:-1]))
            case "template":
                return _template(text[1:-1])
            case "name":
                return self.named(text)
        if text == "(":
            value = self.expression()
            self.need(")")
            return value
        if text == "[":
            return array_of(self.items("]"))
        if text == "{":
            return self.object()
        raise ScriptError(f"unexpected {text!r}")

    def named(self, text: str) -> Evaluate:
        constants = {"true": True, "false": False, "null": None, "undefined": None}
        if text in constants:
            return constant(constants[text])
        if text == "function":
            if self.now != "(":
                self.name()
            return self.function()
        return lambda scope: scope.get(text)

    def object(self) -> Evaluate:
        parts: list[tuple[Evaluate | None, Evaluate]] = []
        while not self.take("}"):
            parts.append(self.attribute())
            if self.now != "}":
                self.need(",")

        def build(scope: Scope) -> dict[str, Any]:
            built: dict[str, Any] = {}
            for key, value in parts:
                if key is None:
                    built.update(value(scope))
                else:
                    built[str(key(scope))] = value(scope)
            return built

        return build

    def attribute(self) -> tuple[Evaluate | None, Evaluate]:
        if self.take("..."):
            return None, self.expression()
        if self.take("["):
            key = self.expression()
            self.need("]")
        else:
            kind, text = self.tokens[self.place]
            self.place += 1
            key = constant(text_of(text[1:-1]) if kind == "text" else text)
            if kind == "name" and self.now in {",", "}"}:
                return key, lambda scope: scope.get(text)
        self.need(":")
        return key, self.expression()


def _tagged(tag: Evaluate, text: str) -> Evaluate:
    """Return the call of a function with the pieces of a template and the values between them."""
    pieces = _HOLE.split(text)
    values = [_Parser(piece).expression() for piece in pieces[1::2]]
    texts = [text_of(piece) for piece in pieces[::2]]
    return lambda scope: tag(scope)(texts, *(value(scope) for value in values))


def _template(text: str) -> Evaluate:
    pieces = _HOLE.split(text)
    parts = [
        _Parser(piece).expression() if at % 2 else constant(text_of(piece))
        for at, piece in enumerate(pieces)
    ]
    return lambda scope: "".join(str(part(scope)) for part in parts)
