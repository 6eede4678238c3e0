"""Aggregate functions of COLLECT ... AGGREGATE and WINDOW: fed value by value, read at the end."""

from __future__ import annotations

import math
import operator
from functools import reduce
from typing import TYPE_CHECKING, Any, Protocol

from hades_mcp.embedded.aql.functions.arguments import is_number
from hades_mcp.embedded.aql.functions.bit import bits
from hades_mcp.embedded.values import compare, hash_key, number, order_key
from hades_mcp.embedded.values.sorting import in_order
from hades_mcp.embedded.values.stopping import check

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable


class Aggregate(Protocol):
    """One running aggregation over the values of a group."""

    def add(self, value: Any) -> bool | None:
        """Take one value in; tell whether it is kept until the end, if such a thing happens."""

    def result(self) -> Any:
        """Return the value so far; may be asked again after more values."""


class Count:
    """COUNT and LENGTH: how many rows, nulls included."""

    def __init__(self) -> None:
        self._count = 0

    def add(self, _value: Any) -> None:
        """Count one row."""
        self._count += 1

    def add_rows(self, count: int) -> None:
        """Count rows."""
        self._count += count

    def result(self) -> int:
        """Return the count."""
        return self._count


class Extreme:
    """MIN and MAX: the smallest or greatest value that is not null."""

    def __init__(self, sign: int) -> None:
        self._sign = sign
        self._best: Any = None

    def add(self, value: Any) -> None:
        """Keep the value if it beats the best one so far."""
        if value is None:
            return
        if self._best is None or compare(value, self._best) == self._sign:
            self._best = value

    def add_numbers(self, values: list[float]) -> None:
        """Keep the best of numbers; Python orders them as AQL does."""
        self.add(min(values) if self._sign < 0 else max(values))

    def result(self) -> Any:
        """Return the best value, null if there was none."""
        return self._best


class Numbers:
    """What the aggregates of numbers share: nulls are skipped, anything else makes it null."""

    def __init__(self) -> None:
        self.invalid = False

    def add(self, value: Any) -> None:
        """Take a number in."""
        if value is None:
            return
        if is_number(value):
            self.take(value)
        else:
            self.invalid = True

    def take(self, value: float) -> None:
        """Take a number in."""
        raise NotImplementedError


class Sum(Numbers):
    """SUM: 0 for nothing but nulls, null for nothing at all, as ArangoDB's own."""

    def __init__(self) -> None:
        super().__init__()
        self._sum: float = 0
        self._asked = False

    def add(self, value: Any) -> None:
        """Take a number in."""
        self._asked = True
        super().add(value)

    def take(self, value: float) -> None:
        """Add a number."""
        self._sum += value

    def add_numbers(self, values: list[float]) -> None:
        """Add numbers one by one; Python's own `sum` rounds otherwise from 3.12 on."""
        self._asked = True
        self._sum = reduce(operator.add, values, self._sum)

    def result(self) -> float | None:
        """Return the sum."""
        return number(self._sum) if self._asked and not self.invalid else None


class Average(Numbers):
    """AVERAGE and AVG: null for no numbers at all."""

    def __init__(self) -> None:
        super().__init__()
        self._sum: float = 0
        self._count = 0

    def take(self, value: float) -> None:
        """Add a number."""
        self._sum += value
        self._count += 1

    def add_numbers(self, values: list[float]) -> None:
        """Add numbers one by one, as Sum does."""
        self._sum = reduce(operator.add, values, self._sum)
        self._count += len(values)

    def result(self) -> float | None:
        """Return the mean."""
        if self.invalid or not self._count or not math.isfinite(self._sum):
            return None
        return number(self._sum / self._count)


class Spread(Numbers):
    """VARIANCE and STDDEV, of a population (freedom 0) or a sample (freedom 1)."""

    def __init__(self, freedom: int, *, root: bool) -> None:
        super().__init__()
        self._freedom, self._root = freedom, root
        self._count = 0
        self._mean = self._squares = 0.0

    def take(self, value: float) -> None:
        """Add a number by Welford's method, which keeps its precision."""
        self._count += 1
        delta = value - self._mean
        self._mean += delta / self._count
        self._squares += delta * (value - self._mean)

    def result(self) -> float | None:
        """Return the variance or its root."""
        if self.invalid or self._count <= self._freedom:
            return None
        variance = number(self._squares / (self._count - self._freedom))
        return math.sqrt(variance) if self._root and variance is not None else variance


class Distinct:
    """UNIQUE, SORTED_UNIQUE and COUNT_DISTINCT: the different values, nulls included."""

    def __init__(self, finish: Callable[[list[Any]], Any]) -> None:
        self._finish = finish
        self._values: dict[Hashable, Any] = {}

    def add(self, value: Any) -> bool:
        """Keep a value if it is new."""
        before = len(self._values)
        self._values.setdefault(hash_key(value), value)
        return len(self._values) > before

    def result(self) -> Any:
        """Return the different values, sorted or counted."""
        return self._finish(list(self._values.values()))


class Push:
    """PUSH: all values, in the order they came."""

    def __init__(self) -> None:
        self._values: list[Any] = []

    def add(self, value: Any) -> bool:
        """Keep a value."""
        self._values.append(value)
        return True

    def result(self) -> list[Any]:
        """Return the values."""
        return list(self._values)


class Bits:
    """BIT_AND, BIT_OR and BIT_XOR of unsigned integers of 32 bits."""

    def __init__(self, combine: Callable[[int, int], int]) -> None:
        self._combine = combine
        self._result: int | None = None
        self._invalid = False

    def add(self, value: Any) -> None:
        """Combine a number with those before it; nulls are skipped."""
        if value is None:
            return
        operand = bits(value)
        if operand is None:
            self._invalid = True
        else:
            known = self._result
            self._result = operand if known is None else self._combine(known, operand)

    def result(self) -> int | None:
        """Return the combination, null for no numbers or wrong ones."""
        return None if self._invalid else self._result


AGGREGATES: dict[str, Callable[[], Aggregate]] = {
    "COUNT": Count,
    "LENGTH": Count,
    "MIN": lambda: Extreme(-1),
    "MAX": lambda: Extreme(1),
    "SUM": Sum,
    "AVERAGE": Average,
    "AVG": Average,
    "VARIANCE": lambda: Spread(0, root=False),
    "VARIANCE_POPULATION": lambda: Spread(0, root=False),
    "VARIANCE_SAMPLE": lambda: Spread(1, root=False),
    "STDDEV": lambda: Spread(0, root=True),
    "STDDEV_POPULATION": lambda: Spread(0, root=True),
    "STDDEV_SAMPLE": lambda: Spread(1, root=True),
    "UNIQUE": lambda: Distinct(lambda values: values),
    "SORTED_UNIQUE": lambda: Distinct(lambda values: in_order(values, order_key, check())),
    "COUNT_DISTINCT": lambda: Distinct(len),
    "COUNT_UNIQUE": lambda: Distinct(len),
    "PUSH": Push,
    "BIT_AND": lambda: Bits(lambda left, right: left & right),
    "BIT_OR": lambda: Bits(lambda left, right: left | right),
    "BIT_XOR": lambda: Bits(lambda left, right: left ^ right),
}


def find_aggregate(name: str) -> Callable[[], Aggregate] | None:
    """Return what makes a fresh aggregation of this name, or None if it is no aggregate."""
    return AGGREGATES.get(name.upper())
