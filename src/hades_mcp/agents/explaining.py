"""Says what is wrong with a TOML file, and which key was probably meant."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, get_args

from pydantic import BaseModel

from hades_mcp.errors import ConfigError, did_you_mean

if TYPE_CHECKING:
    from pydantic import ValidationError
    from pydantic_core import ErrorDetails


def explained(error: ValidationError, model: type[BaseModel], where: str) -> ConfigError:
    """Return the first problem of a file as an error that names the key and the nearest there is.

    Args:
        error: What pydantic found.
        model: What the file was to fit.
        where: Its name, for the message.
    """
    problem = error.errors(include_url=False)[0]
    return ConfigError(f"{where}: {_said(problem)}", hint=_hint(problem, model))


def _said(problem: ErrorDetails) -> str:
    where = ".".join(str(part) for part in problem["loc"])
    if problem["type"] == "extra_forbidden":
        return f"there is no key {where!r}."
    words = problem["msg"].removeprefix("Value error, ")
    return f"{where}: {words}." if where else f"{words}."


def _hint(problem: ErrorDetails, model: type[BaseModel]) -> str:
    *above, key = problem["loc"] or ("",)
    if problem["type"] == "literal_error":
        choices = problem.get("ctx", {}).get("expected", "").replace("'", "").replace(" or ", ", ")
        return did_you_mean(str(problem["input"]), choices.split(", "))
    if problem["type"] != "extra_forbidden":
        return ""
    for part in above:
        if isinstance(part, str):
            model = _inside(model, part)
    return did_you_mean(str(key), model.model_fields)


def _inside(model: type[BaseModel], key: str) -> type[BaseModel]:
    """Return the model of the table, or of the tables, under a key."""
    field = model.model_fields.get(key)
    pending: list[Any] = [field.annotation] if field is not None else []
    while pending:
        annotation = pending.pop()
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            return annotation
        pending += get_args(annotation)
    return model
