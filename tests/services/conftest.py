"""A real embedded database in memory, and the toy embedder where meaning does not matter."""

from __future__ import annotations
