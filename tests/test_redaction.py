"""No secret is written down, wherever in a value it hides."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hades_mcp.redaction import redact, redact_text

JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2lnbmF0dXJl"
PEM = "-----BEGIN RSA PRIVATE KEY-----\nMIIEow/IBAAKCAQEA+x==\n-----END RSA PRIVATE KEY-----"

CANARIES = {
    "sk-abcdefghijklmnop1234": "api_key",
    "sk-ant-api03-Abc_def-1234567890": "api_key",
    "ghp_0123456789abcdefghijABCDEF": "github_token",
    "github_pat_11ABCDEFG0123456789_abcdefghijkl": "github_token",
    "hf_abcdefghijklmnopqrstuvwxyzABCDEF": "huggingface_token",
    "xoxb-123456789012-abcdefGHIJKL": "slack_token",
    "AIzaSyA1234567890abcdefghijklmnopqrstuv": "google_key",
    "AKIAIOSFODNN7EXAMPLE": "aws_key",
    JWT: "jwt",
    PEM: "private_key",
}


@pytest.mark.parametrize(("secret", "kind"), CANARIES.items())
def test_each_kind_of_secret_is_named_where_it_was(secret, kind):
    assert redact_text(f"before {secret} after") == f"before [REDACTED:{kind}] after"


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("Authorization: Bearer abc.def-ghi_123456", "Authorization: Bearer [REDACTED:bearer]"),
        ("http://root:pa55w0rd@db:8529/x", "http://[REDACTED:url_password]@db:8529/x"),
        ("redis://:pa55w0rd@cache/0", "redis://[REDACTED:url_password]@cache/0"),
        ("http://root:p@55@db/x", "http://[REDACTED:url_password]@db/x"),
    ],
)
def test_only_the_secret_part_is_replaced(text, clean):
    assert redact_text(text) == clean


def test_a_private_key_that_was_cut_off_is_replaced_too():
    cut = json.dumps({"file": PEM[:50], "next": "page 2"})
    clean = redact_text(cut)
    assert "MIIEow" not in clean
    assert json.loads(clean)["next"] == "page 2"


@pytest.mark.parametrize(
    "text",
    [
        "ask-me-anything-about-edges",
        "http://127.0.0.1:8080/v1",
        "mail me: someone@example.org",
        "the bearer of bad news is here again",
        "FOR v IN 1..2 OUTBOUND 'users/ann' knows RETURN v._key",
        "collection/1234567890123456789012345678901234567890",
    ],
)
def test_ordinary_words_are_left_alone(text):
    assert redact_text(text) == text


def test_nested_values_and_keys_are_searched():
    value = {"a": [{"b": ("sk-abcdefghijklmnop1234", 1, None)}], "AKIAIOSFODNN7EXAMPLE": True}
    assert redact(value) == {
        "a": [{"b": ["[REDACTED:api_key]", 1, None]}],
        "[REDACTED:aws_key]": True,
    }


secrets = st.sampled_from(sorted(CANARIES))
texts = st.text(alphabet="abc {}:,@/.", max_size=8)
leaves = st.one_of(
    st.none(), st.booleans(), st.integers(), texts, secrets.map(lambda secret: f" {secret} ")
)
values = st.recursive(
    leaves, lambda inner: st.lists(inner) | st.dictionaries(texts | secrets, inner), max_leaves=12
)


@given(values)
def test_no_canary_survives_in_any_value(value):
    written = json.dumps(redact(value))
    for canary in CANARIES:
        assert json.dumps(canary)[1:-1] not in written


@given(values)
def test_redacting_twice_is_redacting_once(value):
    assert redact(redact(value)) == redact(value)
