"""A recipe says everything that decides what an adapter becomes, and nothing it does not mean."""

from dataclasses import FrozenInstanceError, fields
from typing import Any, get_args, get_type_hints

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hades_mcp.errors import ConfigError, UnknownName
from hades_mcp.training.recipe import (
    SECTIONS,
    LoraRecipe,
    PreferenceRecipe,
    Recipe,
    load_recipe,
    parse_recipe,
    recipes,
)

BASE = b'method = "sft"\nbase_model = "Qwen/Qwen2.5-Coder-0.5B-Instruct"\n'


def parse(text: bytes) -> Recipe:
    return parse_recipe(text, source="mine")


@pytest.mark.parametrize("name", ["sft", "dpo"])
def test_every_shipped_recipe_loads_and_is_of_the_method_it_is_named_for(tmp_path, name):
    assert name in recipes(tmp_path)
    assert load_recipe(tmp_path, name).method == name


def test_the_users_recipe_comes_before_the_shipped_one(tmp_path):
    (tmp_path / "training").mkdir()
    (tmp_path / "training" / "sft.toml").write_bytes(BASE + b"seed = 41\n")
    assert load_recipe(tmp_path, "sft").seed == 41


def test_a_recipe_nobody_wrote_suggests_the_nearest(tmp_path):
    with pytest.raises(UnknownName, match="Did you mean 'sft'"):
        load_recipe(tmp_path, "stf")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"lernrate = 1\n", r"sets 'lernrate', which is no key of a recipe"),
        (b"[loar]\nrank = 1\n", r"sets 'loar'.*Did you mean 'lora'"),
        (b"[lora]\nrnak = 1\n", r"sets '\[lora\] rnak'.*Did you mean 'rank'"),
        (b'[lora]\nrank = "16"\n', r"'\[lora\] rank': Input should be a valid integer"),
        (b"[lora]\nrank = 0\n", r"'\[lora\] rank': .*greater than or equal to 1"),
        (b"[lora]\ntarget_modules = 3\n", r"'\[lora\] target_modules'"),
        (b"lora = 3\n", r"'lora': Input should be an object"),
        (b"[optimizer]\nlearning_rate = inf\n", r"'\[optimizer\] learning_rate'"),
        (b"[data]\nvalidation = 0.6\ntest = 0.5\n", r"must leave sessions to train on"),
        (b"[preference]\nbeta = 0.1\n", r'\[preference\] belongs to method = "dpo"'),
        (b"seed = 99999999999999999999999999\n", r"is not TOML"),
        (b"seed == 1\n", r"is not TOML"),
        (b"\xff\xfe", r"is not TOML"),
    ],
)
def test_a_recipe_that_does_not_fit_says_where_and_why(text, message):
    with pytest.raises(ConfigError, match=message):
        parse(BASE + text)


def test_a_recipe_without_a_method_says_so():
    with pytest.raises(ConfigError, match="'method': Field required"):
        parse(b'base_model = "q"\n')


def test_what_is_left_out_has_its_default():
    recipe = parse(BASE)
    assert recipe.lora == LoraRecipe(rank=16, alpha=32, dropout=0.0, target_modules="all-linear")
    assert recipe.preference is None


def test_a_dpo_recipe_always_has_its_own_numbers():
    recipe = parse(BASE.replace(b"sft", b"dpo"))
    assert recipe.preference == PreferenceRecipe(beta=0.1)


def test_target_modules_may_be_a_list():
    recipe = parse(BASE + b'[lora]\ntarget_modules = ["q_proj", "v_proj"]\n')
    assert recipe.lora.target_modules == ("q_proj", "v_proj")


def test_a_recipe_cannot_be_changed_after_it_was_read():
    with pytest.raises(FrozenInstanceError):
        parse(BASE).seed = 3  # type: ignore[misc]


@given(st.integers(0, 2**53), st.integers(0, 2**53))
def test_fingerprints_are_equal_exactly_when_recipes_are(one, other):
    first, second = (parse(BASE + b"seed = %d\n" % seed) for seed in (one, other))
    assert (first.fingerprint == second.fingerprint) == (first == second)


def test_a_fingerprint_does_not_see_how_the_file_was_written():
    assert parse(BASE).fingerprint == parse(BASE + b"# words\n[lora]\nrank = 16\n").fingerprint


@pytest.mark.parametrize("owner", [Recipe, *SECTIONS.values()])
def test_every_key_says_what_it_is_for(owner):
    hints: dict[str, Any] = get_type_hints(owner, include_extras=True)
    for field in fields(owner):
        described = [getattr(note, "description", None) for note in get_args(hints[field.name])]
        assert any(described), field.name
