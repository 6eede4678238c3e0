"""Facts are read out of an answer however it is worded."""

import pytest

from hades_mcp.training.evaluation.facts import has, named, numbers, says_no


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("It is 7.", {7}),
        ("It is due on the 14th.", {14}),
        ("seven of them", {7}),
        ("1,200 and 1'200 and 1\u202f200", {1200}),
        ("[7, 200]", {7, 200}),
        ("12,7 or 3.5 or -4", {12, 7, 3.5, -4}),
        ("There are 81%.", {81}),
        ("kiln2 and v1.2.3 are names", set()),
        ("between 5 and 10, not 20.", {5, 10, 20}),
    ],
)
def test_numbers_are_read_in_all_their_writings(text, expected):
    assert numbers(text) == expected


def test_a_name_is_whole_words_without_regard_to_case():
    assert has("MARA  Lindqvist does", "Mara Lindqvist")
    assert not has("Mara Lindqvistson", "Mara Lindqvist")


def test_a_dotted_name_is_also_had_by_its_last_parts_but_by_no_other():
    assert has("It is `mix`.", "kiln.clay.mix")
    assert has("clay.mix()", "kiln.clay.mix")
    assert not has("the mixer kiln.clay", "kiln.clay.mix")
    assert named("kiln.clay.mix", ["kiln.clay", "kiln.clay.mix"]) == {"kiln.clay.mix"}


@pytest.mark.parametrize(
    "text",
    ["I don't know.", "The documents do not tell.", "There is no such team.", "I cannot do that."],
)
def test_many_ways_of_saying_no_are_heard(text):
    assert says_no(text)


@pytest.mark.parametrize("text", ["", "Jonas leads it.", "Nora knows another note."])
def test_what_says_no_such_thing_is_no_denial(text):
    assert not says_no(text)
