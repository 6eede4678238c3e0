"""A training recipe: `training/<name>.toml` read into frozen dataclasses."""

from __future__ import annotations

import hashlib
import tomllib
from dataclasses import asdict, dataclass, field, fields
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, TypeAlias

import orjson
from pydantic import ConfigDict, Field, TypeAdapter, ValidationError

from hades_mcp import assets
from hades_mcp.errors import ConfigError, UnknownName, did_you_mean

if TYPE_CHECKING:
    from pathlib import Path

CLOSED = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)
"""Every key is known and every value has the type it is said to have."""

Method: TypeAlias = Literal["sft", "dpo"]
Fraction: TypeAlias = Annotated[float, Field(ge=0, le=1)]


@dataclass(frozen=True, slots=True, kw_only=True)
class DataRecipe:
    """Which recorded runs are learned from, and which are kept aside."""

    __pydantic_config__: ClassVar[ConfigDict] = CLOSED

    minimum_score: Annotated[
        Fraction, Field(description="Least score of a trace, 0 to 1; an unscored one counts as 0.")
    ] = 0.5
    unscored: Annotated[
        bool, Field(description="Take finished traces that nobody has scored yet.")
    ] = True
    validation: Annotated[
        Fraction, Field(description="Share of sessions kept aside to watch the loss.")
    ] = 0.1
    test: Annotated[
        Fraction, Field(description="Share of sessions kept aside for the gate, never trained on.")
    ] = 0.1

    def __post_init__(self) -> None:
        if self.validation + self.test >= 1:
            raise ValueError("validation and test together must leave sessions to train on")


@dataclass(frozen=True, slots=True, kw_only=True)
class LoraRecipe:
    """The adapter's shape, in PEFT's words."""

    __pydantic_config__: ClassVar[ConfigDict] = CLOSED

    rank: Annotated[int, Field(ge=1, description="Rank of the low-rank matrices.")] = 16
    alpha: Annotated[
        int, Field(ge=1, description="Scale; the update is multiplied by alpha/rank.")
    ] = 32
    dropout: Annotated[
        Fraction, Field(description="Dropout before the adapter; 0 below 5000 rows.")
    ] = 0.0
    target_modules: Annotated[
        str | tuple[str, ...],
        Field(description='Layers that get one: "all-linear", or a list of their names.'),
    ] = "all-linear"


@dataclass(frozen=True, slots=True, kw_only=True)
class OptimizerRecipe:
    """How the adapter is fitted."""

    __pydantic_config__: ClassVar[ConfigDict] = CLOSED

    learning_rate: Annotated[float, Field(gt=0, description="Peak learning rate of AdamW.")] = 2e-4
    schedule: Annotated[
        Literal["linear", "cosine", "constant"],
        Field(description="How the rate falls after the warm-up."),
    ] = "linear"
    warmup: Annotated[Fraction, Field(description="Share of all steps spent warming up.")] = 0.03
    epochs: Annotated[int, Field(ge=1, description="Passes over the training rows.")] = 2
    batch_size: Annotated[int, Field(ge=1, description="Rows per optimiser step.")] = 8
    max_length: Annotated[
        int, Field(ge=64, description="Most tokens of a row; longer rows are dropped and counted.")
    ] = 4096
    weight_decay: Annotated[float, Field(ge=0, description="AdamW's weight decay.")] = 0.0
    max_grad_norm: Annotated[
        float, Field(gt=0, description="Gradients are clipped to this norm.")
    ] = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class PreferenceRecipe:
    """Direct preference optimisation, in TRL's words; only for `method = "dpo"`."""

    __pydantic_config__: ClassVar[ConfigDict] = CLOSED

    beta: Annotated[
        float, Field(gt=0, description="How strongly the reference model holds the policy back.")
    ] = 0.1
    sft_weight: Annotated[
        float, Field(ge=0, description="Weight of an SFT term that keeps the chosen turn likely.")
    ] = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """Everything that decides what an adapter becomes, apart from the data itself."""

    __pydantic_config__: ClassVar[ConfigDict] = CLOSED

    method: Annotated[
        Method, Field(description="`sft` imitates good turns, `dpo` prefers one over another.")
    ]
    base_model: Annotated[
        str, Field(min_length=1, description="The model the adapter is for, by its hub name.")
    ]
    seed: Annotated[int, Field(ge=0, description="Seed of every random choice.")] = 0
    suites: Annotated[
        tuple[str, ...],
        Field(min_length=1, description="Suites in `training/suites` the gate plays."),
    ] = ("tool_calls",)
    data: Annotated[DataRecipe, Field(description="Which runs are learned from.")] = field(
        default_factory=DataRecipe
    )
    lora: Annotated[LoraRecipe, Field(description="The adapter's shape.")] = field(
        default_factory=LoraRecipe
    )
    optimizer: Annotated[OptimizerRecipe, Field(description="How it is fitted.")] = field(
        default_factory=OptimizerRecipe
    )
    preference: Annotated[
        PreferenceRecipe | None, Field(description="DPO's own numbers; its defaults when left out.")
    ] = None

    def __post_init__(self) -> None:
        if self.method == "sft" and self.preference is not None:
            raise ValueError('[preference] belongs to method = "dpo"')
        if self.method == "dpo" and self.preference is None:
            object.__setattr__(self, "preference", PreferenceRecipe())

    @property
    def fingerprint(self) -> str:
        """SHA-256 of all values, defaults included: equal recipes have equal fingerprints."""
        return hashlib.sha256(orjson.dumps(asdict(self), option=orjson.OPT_SORT_KEYS)).hexdigest()


SECTIONS: dict[str, type[DataRecipe | LoraRecipe | OptimizerRecipe | PreferenceRecipe]] = {
    "data": DataRecipe,
    "lora": LoraRecipe,
    "optimizer": OptimizerRecipe,
    "preference": PreferenceRecipe,
}
"""The tables of a recipe file and what each is read into."""

_RECIPE = TypeAdapter(Recipe)


def load_recipe(home: Path, name: str) -> Recipe:
    """Read `training/<name>.toml`, the user's before the shipped one.

    Args:
        home: The data folder.
        name: The recipe's name, without `.toml`.

    Raises:
        UnknownName: There is no such recipe.
        ConfigError: It is no TOML, has an unknown key, or a value does not fit.
    """
    if f"{name}.toml" not in assets.names(home, "training", ".toml"):
        raise UnknownName("recipe", name, recipes(home))
    return parse_recipe(assets.find(home, "training", f"{name}.toml").read_bytes(), source=name)


def recipes(home: Path) -> list[str]:
    """Return the names of all recipes, sorted."""
    return [name.removesuffix(".toml") for name in assets.names(home, "training", ".toml")]


def parse_recipe(text: bytes, *, source: str) -> Recipe:
    """Return the recipe a TOML text describes.

    Args:
        text: The file's bytes, UTF-8.
        source: What to call it in an error.

    Raises:
        ConfigError: It is no TOML, has an unknown key, or a value does not fit.
    """
    try:
        # By way of JSON, where pydantic is strict about types and yet makes tuples of arrays.
        return _RECIPE.validate_json(orjson.dumps(tomllib.loads(text.decode())))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, orjson.JSONEncodeError) as error:
        raise ConfigError(f"The recipe {source!r} is not TOML: {error}.") from None
    except ValidationError as error:
        raise _explain(error.errors()[0], source) from None


def _explain(problem: Any, source: str) -> ConfigError:
    # What pydantic adds below [section] key is the branch of a union: no reader's business.
    *section, key = [str(part) for part in problem["loc"][:2]] or [""]
    place = f"[{section[0]}] {key}" if section else key
    if problem["type"] == "unexpected_keyword_argument":
        return ConfigError(
            f"The recipe {source!r} sets {place!r}, which is no key of a recipe.",
            hint=did_you_mean(key, _fields(section)),
        )
    what = problem["msg"].removeprefix("Value error, ")
    where = f" at {place!r}" if place else ""
    return ConfigError(f"The recipe {source!r} does not fit{where}: {what}.")


def _fields(section: list[str]) -> list[str]:
    owner = SECTIONS[section[0]] if section else Recipe
    return [one.name for one in fields(owner)]
