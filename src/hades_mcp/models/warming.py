"""Brings weights near the processor before a server starts: into the page cache, or into RAM."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from hades_mcp.errors import ConfigError

if TYPE_CHECKING:
    from hades_mcp.models.pulling import Progress

BLOCK = 1 << 22
RAM = Path("/dev/shm")  # noqa: S108  Linux keeps this folder in memory; there is no safer name
Where = Literal["disk", "cache", "ram"]


def bring_near(
    weights: Path, where: Where, *, ram: Path = RAM, progress: Progress | None = None
) -> Path:
    """Return the file to serve from, after bringing it where it is wanted.

    Args:
        weights: The file.
        where: `disk` leaves it; `cache` reads it once, so that the system keeps its pages while
            memory lasts; `ram` copies it to a folder in memory, where it stays until it is removed
            or the machine restarts.
        ram: That folder.
        progress: Told of every block.

    Raises:
        ConfigError: This system has no such folder, or there is no room in it.
    """
    if where == "disk":
        return weights
    total = weights.stat().st_size
    if where == "cache":
        _read(weights, None, total, progress)
        return weights
    if not ram.is_dir():
        raise ConfigError(
            f"This system has no folder {ram} in memory.", hint="Use --weights cache instead."
        )
    target = ram / "hades-models" / weights.name
    if target.is_file() and target.stat().st_size == total:
        return target
    target.parent.mkdir(mode=0o700, exist_ok=True)
    if shutil.disk_usage(target.parent).free < total:
        raise ConfigError(
            f"{ram} has no room for {total / 1e6:,.0f} MB.", hint="Use --weights cache instead."
        )
    _read(weights, target, total, progress)
    return target


def _read(weights: Path, target: Path | None, total: int, progress: Progress | None) -> None:
    """Read a file once; a copy gets its name only when it is whole."""
    done = 0
    with weights.open("rb") as file:
        if target is None:
            while block := file.read(BLOCK):
                done = _tell(done + len(block), total, weights, progress)
            return
        with tempfile.NamedTemporaryFile(dir=target.parent, delete=False) as out:
            partial = Path(out.name)
            try:
                while block := file.read(BLOCK):
                    out.write(block)
                    done = _tell(done + len(block), total, weights, progress)
                out.close()
                partial.replace(target)
            finally:
                partial.unlink(missing_ok=True)


def _tell(done: int, total: int, weights: Path, progress: Progress | None) -> int:
    if progress is not None:
        progress(done, total, weights.name)
    return done
