"""Encodings and digests are those of ArangoDB, digit by digit."""

import re
import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hades_mcp.embedded.aql.functions.hashing import value_hash, xxh64
from hades_mcp.embedded.errors import ArangoError


@pytest.mark.parametrize(
    ("name", "argument", "expected"),
    [
        ("MD5", "foobar", "3858f62230ac3c915f300c664312c63f"),
        ("SHA1", "foobar", "8843d7f92416211de9ebb963ff4ce28125932878"),
        ("SHA256", "foobar", "c3ab8ff13720e8ad9047dd39466b3c8974e592c2fa383d4a3960714caef0c4f2"),
        ("CRC32", "foobar", "D5F5C7F"),
        ("FNV64", "foobar", "85944171F73967E8"),
        ("TO_BASE64", "ABC.", "QUJDLg=="),
        ("TO_HEX", "ü", "c3bc"),
        ("ENCODE_URI_COMPONENT", "fünf %", "f%C3%BCnf%20%25"),
        ("JSON_STRINGIFY", [1, {"2": 0.5}], '[1,{"2":0.5}]'),
        ("JSON_PARSE", "[ true, false, null, -0.5 ]", [True, False, None, -0.5]),
        ("IPV4_TO_NUMBER", "192.168.0.1", 3232235521),
        ("IPV4_FROM_NUMBER", 134744072, "8.8.8.8"),
        ("IS_IPV4", "127.0.0.1", True),
        ("IS_IPV4", "008.008.008.008", False),
        ("IS_IPV4", "256.0.0.1", False),
        ("HASH", None, 675717317264138),
        ("HASH", 0.0, 2964198978643),
        ("HASH", "a", 1542381651001813),
        ("HASH", [1, 2, 3], 1625466870434085),
        ("HASH", {}, 1954991255293719),
    ],
)
def test_encodings_answer_as_arangodb_does(call, warned, name, argument, expected):
    assert call(name, argument) == expected
    assert warned() == []


@pytest.mark.parametrize(
    ("name", "argument"),
    [
        ("JSON_PARSE", "abc"),
        ("JSON_PARSE", 5),
        ("IPV4_TO_NUMBER", "milk"),
        ("IPV4_FROM_NUMBER", -23),
    ],
)
def test_what_cannot_be_decoded_is_null_with_a_warning(call, warned, name, argument):
    assert call(name, argument) is None
    assert warned() == [1542]


def test_a_minhash_signature_is_the_smallest_hashes(call, warned):
    words = ["foo", "bar", "baz", "foo"]
    assert call("MINHASH", words, 5) == ["OmvEOSfAYs8", "Jcz+LQgakgs", "YfBzyXaSXIA"]
    assert call("MINHASH", words, 2) == ["Jcz+LQgakgs", "YfBzyXaSXIA"]
    assert warned() == []
    assert call("MINHASH", words, 0) is None
    assert warned() == [1542]


def test_tokens_are_random_text_of_the_length_asked_for(call):
    one, two = call("RANDOM_TOKEN", 40), call("RANDOM_TOKEN", 40)
    assert one != two
    assert re.fullmatch("[A-Za-z0-9]{40}", one)
    assert call("RANDOM_TOKEN", 0) == ""
    with pytest.raises(ArangoError, match="invalid argument type") as caught:
        call("RANDOM_TOKEN", 65537)
    assert caught.value.number == 1542


def test_uuids_differ(call):
    assert uuid.UUID(call("UUID")) != uuid.UUID(call("UUID"))


@pytest.mark.parametrize(
    ("data", "seed", "expected"),
    [
        (b"", 0, 0xEF46DB3751D8E999),
        (b"a", 0, 0xD24EC4F1A98C6E5B),
        (b"abc", 0, 0x44BC2CF5AD770999),
        (b"Nobody inspects the spammish repetition", 0, 0xFBCEA83C8A378BF1),
    ],
)
def test_xxh64_gives_its_published_values(data, seed, expected):
    assert xxh64(data, seed) == expected


@given(st.integers(-(2**53), 2**53))
def test_hashes_do_not_tell_integers_from_doubles(value):
    assert value_hash(value) == value_hash(float(value))
