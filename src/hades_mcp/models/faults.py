"""How model servers fail: which failures may heal by themselves, and which would only repeat."""

from __future__ import annotations

from hades_mcp.errors import Unavailable

START_HINT = (
    "Start one (`hades models serve MODEL.gguf`), or name its address in HADES_MODEL_URL, "
    "for instance http://127.0.0.1:11434 for Ollama; `hades doctor` looks at everything."
)


class Busy(Unavailable):
    """The server is there, but has no room now.

    Args:
        message: What happened.
        hint: What to do next.
        retry_after: Seconds the server asked to wait for; None when it did not say.
    """

    def __init__(self, message: str, *, hint: str = "", retry_after: float | None = None) -> None:
        super().__init__(message, hint=hint)
        self.retry_after = retry_after


class TooSlow(Unavailable):
    """The answer took longer than allowed; the same request would take as long again."""


def heals(error: Exception) -> bool:
    """Tell whether the same request may succeed a moment later.

    A server that is gone, restarting or full may be back; one that was too slow is as slow again,
    and whatever is no `Unavailable` needs another request or a person.
    """
    return isinstance(error, Unavailable) and not isinstance(error, TooSlow)


def gone(url: str) -> Unavailable:
    """Return the error of a server that does not answer."""
    return Unavailable(f"No model server answers at {url}.", hint=START_HINT)


def slow(url: str, timeout: float) -> TooSlow:
    """Return the error of a server that takes too long."""
    return TooSlow(
        f"The model server at {url} did not answer within {timeout:g} seconds.",
        hint="Ask for less, or allow more with HADES_MODEL_TIMEOUT.",
    )


def broken_off(url: str, why: str = "") -> Unavailable:
    """Return the error of a reply that ended in its middle."""
    said = f": {why}" if why else "."
    return Unavailable(f"The model server at {url} broke off{said}", hint="Ask again.")


def seconds(header: str | None) -> float | None:
    """Return what a `Retry-After` header says in seconds; a date, or none, is None."""
    try:
        return max(0.0, float(header or ""))
    except ValueError:
        return None
