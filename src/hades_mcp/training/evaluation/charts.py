"""Draws the charts of a report as inline SVG: no script, no font, nothing from the network."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hades_mcp.training.evaluation.statistics import Summary

LABEL, BAR, ROW, NOTE = 150, 420, 26, 110
"""Pixels: width of the names, of a full bar and of the figures; height of a row."""

_COLOURS = {"native": "#2f6f9f", "constrained": "#d08a2e", "recovered": "#8a5a9e"}


def solved_chart(summaries: Sequence[Summary]) -> str:
    """Draw the share of solved tasks of each category, with its 95 % interval as a whisker."""
    return contestants_chart([(one.category, one) for one in summaries])


def contestants_chart(named: Sequence[tuple[str, Summary]]) -> str:
    """Draw the share of solved tasks of each of several, with its 95 % interval as a whisker."""
    drawn = []
    for row, (name, one) in enumerate(named):
        top = row * ROW
        middle = top + ROW / 2
        low, high = LABEL + BAR * one.low, LABEL + BAR * one.high
        drawn += [
            _text(LABEL - 8, middle, name, "end"),
            _bar(LABEL, top, BAR * one.share, "#3b7d5a"),
            _whisker(low, high, middle),
            _text(LABEL + BAR + 8, middle, f"{one.solved}/{one.tasks}", "start"),
        ]
    return _svg(drawn, len(named), "Share of tasks solved, with 95 % intervals")


def seconds_chart(summaries: Sequence[Summary]) -> str:
    """Draw the mean seconds a task of each category took."""
    most = max((one.seconds for one in summaries), default=0.0) or 1.0
    drawn = []
    for row, one in enumerate(summaries):
        middle = row * ROW + ROW / 2
        drawn += [
            _text(LABEL - 8, middle, one.category, "end"),
            _bar(LABEL, row * ROW, BAR * one.seconds / most, "#7a7f88"),
            _text(LABEL + BAR + 8, middle, f"{one.seconds:.1f} s", "start"),
        ]
    return _svg(drawn, len(summaries), "Mean seconds a task")


def channels_chart(summaries: Sequence[Summary]) -> str:
    """Draw by which channels the calls of each category came."""
    drawn = []
    for row, one in enumerate(summaries):
        middle = row * ROW + ROW / 2
        left = float(LABEL)
        drawn.append(_text(LABEL - 8, middle, one.category, "end"))
        for channel, count in one.channels.items():
            width = BAR * count / one.calls
            drawn.append(_bar(left, row * ROW, width, _COLOURS.get(channel, "#999"), channel))
            left += width
        drawn.append(_text(LABEL + BAR + 8, middle, f"{one.calls} calls", "start"))
    return _svg(drawn, len(summaries), "Channels of the calls")


def legend() -> str:
    """Return the colours of the channels as HTML."""
    return " ".join(
        f'<span style="color:{colour}">&#9632;</span> {name}' for name, colour in _COLOURS.items()
    )


def _svg(drawn: Sequence[str], rows: int, title: str) -> str:
    width, height = LABEL + BAR + NOTE, rows * ROW
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
        f'width="{width}" height="{height}" role="img" font-family="sans-serif" font-size="13">'
        f"<title>{escape(title)}</title>{''.join(drawn)}</svg>"
    )


def _whisker(low: float, high: float, middle: float) -> str:
    line = f"M{low:.1f} {middle}H{high:.1f}M{low:.1f} {middle - 5}v10M{high:.1f} {middle - 5}v10"
    return f'<path d="{line}" stroke="#222" fill="none"/>'


def _bar(left: float, top: float, width: float, colour: str, title: str = "") -> str:
    said = f"<title>{escape(title)}</title>" if title else ""
    return (
        f'<rect x="{left:.1f}" y="{top + 5:.1f}" width="{width:.1f}" height="{ROW - 10}" '
        f'fill="{colour}">{said}</rect>'
    )


def _text(x: float, middle: float, said: str, anchor: str) -> str:
    return f'<text x="{x}" y="{middle + 4}" text-anchor="{anchor}">{escape(said)}</text>'
