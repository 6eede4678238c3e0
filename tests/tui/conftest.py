"""A bare app to put one widget in, and what is on the screen as text."""

from collections.abc import Callable
from typing import Any

import pytest
from textual.app import App, ComposeResult
from textual.widget import Widget


class Host(App[None]):
    def __init__(self, widget: Widget) -> None:
        super().__init__()
        self.widget = widget

    def compose(self) -> ComposeResult:
        yield self.widget


@pytest.fixture
def host() -> type[Host]:
    return Host


@pytest.fixture
def seen() -> Callable[[App[Any]], str]:
    """Return the characters on the screen, line by line."""

    def read(app: App[Any]) -> str:
        lines = app.screen._compositor.render_strips()
        return "\n".join(strip.text.rstrip() for strip in lines)

    return read
