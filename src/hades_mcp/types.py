"""The few names for plain values that every room shares."""

from __future__ import annotations

from typing import Literal, TypeAlias

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"
"""Any value JSON can hold."""

JsonObject: TypeAlias = dict[str, Json]
"""A JSON object: a document, arguments, a payload."""

DocumentId: TypeAlias = str
"""ArangoDB's `_id`: `collection/key`."""

Direction: TypeAlias = Literal["outbound", "inbound", "any"]
"""Which way an edge is walked, in ArangoDB's words."""
