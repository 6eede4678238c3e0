"""Settings: flags before environment before file before defaults, and a clear word otherwise."""

from pathlib import Path

import pytest

from hades_mcp.config import Settings, environment_name, load_settings
from hades_mcp.errors import ConfigError


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A data folder the environment names."""
    folder = tmp_path / "home"
    folder.mkdir()
    monkeypatch.setenv("HADES_HOME", str(folder))
    return folder


def write(home: Path, text: str) -> Path:
    path = home / "hades.toml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.promise("config:precedence")
def test_each_source_gives_way_to_the_one_before_it(home, monkeypatch):
    assert load_settings().max_rows == 1000
    write(home, "max_rows = 7\n")
    assert load_settings().max_rows == 7
    monkeypatch.setenv("HADES_MAX_ROWS", "8")
    assert load_settings().max_rows == 8
    assert load_settings(max_rows=9).max_rows == 9


def test_a_flag_that_was_not_given_changes_nothing(home):
    write(home, "max_rows = 7\n")
    assert load_settings(max_rows=None).max_rows == 7


def test_a_table_is_the_first_word_of_its_settings(home):
    write(home, '[model]\nurl = "http://m/v1"\nmax_tokens = 5\n[arango]\nurl = "http://a"\n')
    settings = load_settings()
    assert (settings.model_url, settings.model_max_tokens) == ("http://m/v1", 5)
    assert settings.arango_url == "http://a"


@pytest.mark.parametrize("table", ["model", "model_engine", "model_engine.ollama"])
def test_the_words_of_the_first_model_engine_are_understood(home, table):
    keys = 'endpoint = "http://m:11434"\ndefault_model = "q"\ntimeout = 30\nmax_tokens = 2048\n'
    write(home, f"[{table}]\n{keys}")
    settings = load_settings()
    assert (settings.model_url, settings.model_name) == ("http://m:11434", "q")
    assert (settings.model_timeout, settings.model_max_tokens) == (30, 2048)


def test_the_file_may_be_named_by_flag_or_environment(home, tmp_path, monkeypatch):
    write(home, "max_rows = 1\n")
    other = tmp_path / "other.toml"
    other.write_text("max_rows = 2\n")
    assert load_settings(other).max_rows == 2
    monkeypatch.setenv("HADES_CONFIG", str(other))
    assert load_settings().max_rows == 2


def test_the_file_in_the_home_a_flag_names_is_read(home, tmp_path):
    write(home, "max_rows = 1\n")
    (tmp_path / "flagged").mkdir()
    write(tmp_path / "flagged", "max_rows = 3\n")
    assert load_settings(home=tmp_path / "flagged").max_rows == 3


def test_an_empty_variable_is_as_good_as_none(home, monkeypatch):
    monkeypatch.setenv("HADES_CONFIG", "")
    monkeypatch.setenv("HADES_HOME", "")
    monkeypatch.setattr("hades_mcp.config.user_data_path", lambda *_, **__: home)
    write(home, "max_rows = 4\n")
    settings = load_settings()
    assert (settings.home, settings.max_rows) == (home, 4)


def test_a_home_with_a_tilde_is_the_users(home, monkeypatch):
    monkeypatch.setenv("HOME", str(home))
    assert load_settings(home="~/data").home == home / "data"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("max_row = 1\n", r"sets 'max_row', which is no setting. Did you mean 'max_rows'"),
        ("[model]\nulr = 'x'\n", r"sets 'model_ulr'.*Did you mean 'model_url'"),
        ("max_rows = 0\n", r"HADES_MAX_ROWS \(max_rows\): .*greater than 0"),
        ("max_rows = 'many'\n", r"HADES_MAX_ROWS"),
        ("max_rows == 1\n", r"hades.toml cannot be read"),
    ],
)
def test_a_file_that_does_not_fit_says_where_and_why(home, text, message):
    write(home, text)
    with pytest.raises(ConfigError, match=message):
        load_settings()


def test_a_named_file_that_is_missing_is_said(home):
    with pytest.raises(ConfigError, match=r"There is no settings file .*gone\.toml"):
        load_settings(home / "gone.toml")


def test_a_folder_is_no_settings_file(home):
    with pytest.raises(ConfigError, match="cannot be read"):
        load_settings(home)


def test_a_file_that_is_not_text_is_said(home):
    (home / "hades.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigError, match="cannot be read"):
        load_settings()


def test_a_password_is_never_shown(home, monkeypatch):
    monkeypatch.setenv("HADES_ARANGO_PASSWORD", "hunter2-hunter2")
    settings = load_settings()
    assert settings.arango_password.get_secret_value() == "hunter2-hunter2"
    assert "hunter2" not in repr(settings)
    monkeypatch.setenv("HADES_MAX_ROWS", "hunter2")
    with pytest.raises(ConfigError) as caught:
        load_settings()
    assert "hunter2" not in str(caught.value)


def test_settings_cannot_be_changed_after_they_were_read(home):
    with pytest.raises(ValueError, match="frozen"):
        load_settings().max_rows = 2


@pytest.mark.parametrize("name", Settings.model_fields)
def test_every_setting_is_described_and_has_its_variable(name):
    assert Settings.model_fields[name].description
    assert environment_name(name) == "HADES_" + name.upper()


@pytest.mark.parametrize(
    ("name", "text", "field", "wanted"),
    [
        ("HADES_AQL_ALLOWED", "docs*, notes", "aql_allowed", ("docs*", "notes")),
        ("HADES_AQL_DENIED", '["a,b"]', "aql_denied", ("a,b",)),
        ("HADES_FILTER_MASK", "one\ntwo", "filter_mask", ("one", "two")),
        ("HADES_MCP", '[{"name": "sky"}]', "mcp", ({"name": "sky"},)),
    ],
)
def test_lists_are_read_from_the_environment_too(monkeypatch, name, text, field, wanted):
    monkeypatch.setenv(name, text)
    assert getattr(load_settings(), field) == wanted


def test_an_environment_that_is_no_list_is_explained(monkeypatch):
    monkeypatch.setenv("HADES_MCP", "sky")
    with pytest.raises(ConfigError, match=r"HADES_MCP .*no JSON list"):
        load_settings()
