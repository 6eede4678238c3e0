"""What people edit is found in their own folder first, then in what was shipped."""

import pytest

from hades_mcp import assets
from hades_mcp.errors import UnknownName


@pytest.fixture
def home(tmp_path):
    (tmp_path / "training" / "suites").mkdir(parents=True)
    (tmp_path / "training" / "sft.toml").write_text("mine")
    (tmp_path / "training" / "suites" / "own.jsonl").write_text("{}")
    return tmp_path


def test_the_users_file_comes_before_the_shipped_one(home):
    assert assets.find(home, "training", "sft.toml").read_text() == "mine"


def test_what_the_user_has_not_got_is_shipped(home):
    assert "dpo" in assets.find(home, "training", "dpo.toml").read_text()


def test_both_places_are_listed_once_with_their_subfolders(home):
    names = assets.names(home, "training")
    assert {"sft.toml", "dpo.toml", "suites/own.jsonl", "suites/tool_calls.jsonl"} <= set(names)
    assert names == sorted(set(names))


def test_a_suffix_narrows_the_list(home):
    assert "suites/own.jsonl" not in assets.names(home, "training", ".toml")


def test_a_data_folder_that_does_not_exist_yet_still_has_what_was_shipped(tmp_path):
    assert "sft.toml" in assets.names(tmp_path / "nowhere", "training")


def test_a_name_nobody_has_suggests_the_nearest(home):
    with pytest.raises(UnknownName, match=r"Did you mean 'sft\.toml'"):
        assets.find(home, "training", "stf.toml")


@pytest.mark.parametrize("name", ["../secret.toml", "suites/../../secret.toml", "", ".", "suites"])
def test_a_name_cannot_lead_out_of_its_folder(home, name):
    (home / "secret.toml").write_text("password")
    with pytest.raises(UnknownName):
        assets.find(home, "training", name)


def test_an_absolute_name_is_no_name(home):
    (home / "secret.toml").write_text("password")
    with pytest.raises(UnknownName):
        assets.find(home, "training", str(home / "secret.toml"))


@pytest.mark.parametrize("folder", ["agents", "tools", "prompts", "training"])
def test_each_folder_people_edit_is_shipped(folder):
    assert assets.shipped(folder).is_dir()
