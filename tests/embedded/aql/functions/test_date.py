"""Dates are read, taken apart, calculated and written as the manual shows."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hades_mcp.embedded.aql.functions.date import day_of_week, day_of_year, iso_week
from hades_mcp.embedded.errors import ArangoError
from hades_mcp.embedded.values.dates import EARLIEST, LATEST, join, parse, split, write

NEW_YEAR = "2023-12-31T23:00:00.000Z"  # already 2024 in Berlin
LATE_MARCH = "2023-03-25T23:00:00.000Z"  # the night clocks go forward in Berlin
BERLIN, US, SHANGHAI = "Europe/Berlin", "America/Los_Angeles", "Asia/Shanghai"


@pytest.mark.parametrize(
    "arguments",
    [
        ["2014-05-07T14:19:09.522"],
        ["2014-05-07T14:19:09.522Z"],
        ["2014-05-07 14:19:09.522"],
        ["  2014-5-7 14:19:09.522z "],
        ["2014-05-07T16:49:09.522+02:30"],
        ["2014-05-07T13:19:09.522-0100"],
        [2014, 5, 7, 14, 19, 9, 522],
        ["2014", "05", "07", "14", "19", "09", "522"],
        [1399472349522],
    ],
)
def test_all_ways_to_write_a_date_mean_the_same(call, arguments):
    assert call("DATE_TIMESTAMP", *arguments) == 1399472349522
    assert call("DATE_ISO8601", *arguments) == "2014-05-07T14:19:09.522Z"


@pytest.mark.parametrize(
    "value",
    [
        "foobar", "2012fjh", "", " ", "2000-00-00", "2001-02-11 24:01:01", "2001-02-11 23:60:00",
        "2001-02-11 23:01:60", "2001-13-11", "2001-01-32", "10000-01-01", None, False, [], {},
        LATEST + 1, EARLIEST - 1,
    ],
)  # fmt: skip
def test_what_is_no_date_is_null_with_warning_1572(call, warned, value):
    assert call("DATE_ISO8601", value) is None
    assert warned() == [1572]


@pytest.mark.parametrize(
    ("name", "arguments", "expected"),
    [
        ("DATE_TIMESTAMP", [2016, 2, 32], 1456963200000),
        ("DATE_TIMESTAMP", [1970, 1, 1, 26], 93600000),
        ("IS_DATESTRING", ["2015-02-31"], True),
        ("IS_DATESTRING", ["2015"], True),
        ("IS_DATESTRING", [2015], False),
        ("DATE_DAYOFWEEK", ["2020-08-29"], 6),
        ("DATE_DAYOFWEEK", [0], 4),
        ("DATE_DAYOFWEEK", [LATE_MARCH, BERLIN], 0),
        ("DATE_YEAR", ["0000-01-01"], 0),
        ("DATE_YEAR", [NEW_YEAR, BERLIN], 2024),
        ("DATE_MONTH", [NEW_YEAR, BERLIN], 1),
        ("DATE_DAY", ["1221-02-28Z"], 28),
        ("DATE_HOUR", [NEW_YEAR, BERLIN], 0),
        ("DATE_MINUTE", [NEW_YEAR, "Asia/Kathmandu"], 45),
        ("DATE_SECOND", [1234567890], 7),
        ("DATE_MILLISECOND", ["2020-08-29T16:30:05.9"], 900),
        ("DATE_DAYOFYEAR", ["2000-12-31"], 366),
        ("DATE_ISOWEEK", [1234567890], 3),
        ("DATE_ISOWEEKYEAR", ["2023-01-01"], {"week": 52, "year": 2022}),
        ("DATE_ISOWEEKYEAR", ["2019-12-30"], {"week": 1, "year": 2020}),
        ("DATE_LEAPYEAR", ["2016-12-31T23:00:00.000Z", BERLIN], False),
        ("DATE_QUARTER", [NEW_YEAR, BERLIN], 1),
        ("DATE_DAYS_IN_MONTH", ["2020-02-01"], 29),
        ("DATE_DAYS_IN_MONTH", ["9999-12-01"], 31),
        ("DATE_TRUNC", ["2017-02-03 04:05:06", "hours"], "2017-02-03T04:00:00.000Z"),
        ("DATE_TRUNC", ["2017-02-03", "y"], "2017-01-01T00:00:00.000Z"),
        ("DATE_TRUNC", ["2023-03-25 23:00:00", "day", BERLIN], LATE_MARCH),
        ("DATE_ROUND", ["2000-04-10T11:39:29Z", 15, "minutes"], "2000-04-10T11:30:00.000Z"),
        ("DATE_ROUND", ["2023-03-25T23:55:55.555Z", 1, "day", BERLIN], LATE_MARCH),
        ("DATE_ADD", [LATE_MARCH, 1, "day"], "2023-03-26T23:00:00.000Z"),
        ("DATE_ADD", [LATE_MARCH, 1, "day", BERLIN], "2023-03-26T22:00:00.000Z"),
        ("DATE_ADD", ["2012-01-31", 1, "month"], "2012-03-02T00:00:00.000Z"),
        ("DATE_ADD", ["2012-02-29", 1, "YEAR"], "2013-03-01T00:00:00.000Z"),
        ("DATE_ADD", ["2000-01-01", "P1Y2M3W4DT5H6M7.89S"], "2001-03-26T05:06:07.890Z"),
        ("DATE_ADD", ["0000-03-01", -1, "d"], "0000-02-29T00:00:00.000Z"),
        ("DATE_SUBTRACT", ["2000-01-01", "PT1H3M"], "1999-12-31T22:57:00.000Z"),
        ("DATE_SUBTRACT", ["2000-01-01", 1, "w"], "1999-12-25T00:00:00.000Z"),
        ("DATE_DIFF", ["2023-12-01", "2024-04-01", "days"], 122),
        ("DATE_DIFF", ["2024-04-01", "2023-12-01", "days"], -122),
        ("DATE_DIFF", [0, 3_600_000 * 36, "days", True], 1.5),
        ("DATE_DIFF", [0, 3_600_000 * 36, "days"], 2),
        ("DATE_DIFF", [LATE_MARCH, "2023-03-26T23:00:00Z", "hours", BERLIN], 25),
        ("DATE_DIFF", [0, 0, "hours", True, "Asia/Kathmandu", "America/Los_Angeles"], -13.5),
        ("DATE_COMPARE", ["1985-04-04", "2020-04-04", "months", "days"], True),
        ("DATE_COMPARE", ["2001-01-01T15:30Z", "2001-01-01T08:08Z", "years", "days"], True),
        ("DATE_COMPARE", ["2001-01-01", "2001-02-01", "month"], False),
        ("DATE_COMPARE", ["2023-04-01T09:00Z", "2024-04-01T18:00Z", "h", "i"], False),
        ("DATE_COMPARE", ["2023-04-01T09:00Z", "2024-04-01T18:00Z", "h", "i", BERLIN, US], True),
        ("DATE_FORMAT", ["1969", "Summer of '%yy"], "Summer of '69"),
        ("DATE_FORMAT", ["2016", "%%l = %l"], "%l = 1"),
        ("DATE_FORMAT", ["2016-03-01", "%xxx%"], "061"),
        ("DATE_FORMAT", ["2016-03-01", "%m%&month %Q %kk %wwww %MMM"], "3month 1 09 Tuesday Mar"),
        ("DATE_FORMAT", ["0012-03-04T05:06", "%yyyyyy %z"], "+000012 0012-03-04T05:06:00.000Z"),
        ("DATE_UTCTOLOCAL", ["2020-03-15T00:00-02:00", SHANGHAI], "2020-03-15T10:00:00.000"),
        ("DATE_LOCALTOUTC", ["2020-03-15", SHANGHAI], "2020-03-14T16:00:00.000Z"),
    ],
)  # fmt: skip
def test_date_functions_answer_as_documented(call, warned, name, arguments, expected):
    assert call(name, *arguments) == expected
    assert warned() == []


def test_zone_details_tell_how_long_an_offset_holds(call):
    lagos = call("DATE_LOCALTOUTC", "2021-03-16T12:00:00.000", "Africa/Lagos", True)
    assert lagos["utc"] == "2021-03-16T11:00:00.000Z"
    assert lagos["zoneInfo"] == {
        "name": "WAT",
        "begin": "1919-08-31T23:30:00.000Z",
        "end": None,
        "dst": False,
        "offset": 3600,
    }
    berlin = call("DATE_UTCTOLOCAL", "2020-07-01", BERLIN, True)["zoneInfo"]
    assert (berlin["name"], berlin["dst"]) == ("CEST", True)
    assert (berlin["begin"], berlin["end"]) == (
        "2020-03-29T01:00:00.000Z",
        "2020-10-25T01:00:00.000Z",
    )


def test_an_unknown_zone_is_an_error(call):
    with pytest.raises(ArangoError, match="Nowhere/X not found in timezone database"):
        call("DATE_YEAR", 0, "Nowhere/X")
    assert BERLIN in call("DATE_TIMEZONES")
    assert isinstance(call("DATE_TIMEZONE"), str)


@pytest.mark.parametrize(
    ("name", "arguments", "number"),
    [
        ("DATE_TIMESTAMP", [2016, 12, -1], 1572),
        ("DATE_TIMESTAMP", [2016, 12], 1542),
        ("DATE_ADD", [1, 1], 1542),
        ("DATE_ADD", [1, 1, 1], 1542),
        ("DATE_ADD", [1, "", "year"], 1542),
        ("DATE_ADD", [1, 1, "sugar"], 1572),
        ("DATE_ADD", ["9999-12-31", 1, "day"], 1572),
        ("DATE_ADD", ["2000-01-01", 1e300, "years"], 1572),
        ("DATE_DIFF", [1, 2, "sugar"], 1572),
        ("DATE_COMPARE", [1, 2, "days", "months"], 1542),
        ("DATE_TRUNC", [1, "sugar"], 1572),
        ("DATE_ROUND", [1, 0, "days"], 1542),
        ("DATE_ROUND", [1, 1, "months"], 1542),
        ("DATE_FORMAT", [1, 1], 1542),
        ("DATE_YEAR", [1, 1], 1542),
    ],
)
def test_wrong_arguments_are_null_with_a_warning(call, warned, name, arguments, number):
    assert call(name, *arguments) is None
    assert warned() == [number]


def test_now_is_now(call):
    before = datetime.now(UTC) - timedelta(seconds=1)
    assert before.timestamp() * 1000 < call("DATE_NOW") < before.timestamp() * 1000 + 60_000


@given(st.integers(EARLIEST, LATEST))
def test_every_moment_survives_splitting_and_writing(moment):
    assert join(split(moment)) == moment
    assert parse(write(moment)) == moment


@given(st.datetimes(min_value=datetime(1, 1, 1), max_value=datetime(9999, 12, 31)))  # noqa: DTZ001  in UTC
def test_the_calendar_is_that_of_python(day):
    moment = parse(day.isoformat(timespec="milliseconds"))
    assert moment is not None
    assert split(moment)[:6] == day.timetuple()[:6]
    assert day_of_week(moment) == day.isoweekday() % 7
    assert day_of_year(moment) == day.timetuple().tm_yday
    assert iso_week(moment) == day.isocalendar()[:2]


@pytest.mark.parametrize("zone", ["UTC", "Europe/London"])
def test_local_time_that_is_utc_says_so(call, zone):
    assert call("DATE_UTCTOLOCAL", "2020-01-15", zone) == "2020-01-15T00:00:00.000Z"


@pytest.mark.parametrize("name", ["DATE_UTCTOLOCAL", "DATE_LOCALTOUTC"])
def test_details_of_a_zone_are_asked_for_with_a_boolean(call, warned, name):
    assert call(name, "2020-01-15", "UTC", 1) is None
    assert warned() == [1542]


def test_bins_before_1970_begin_towards_it(call):
    assert call("DATE_ROUND", -1, 1, "day") == "1970-01-01T00:00:00.000Z"


def test_milliseconds_do_not_run_on_into_seconds(call):
    assert call("DATE_ISO8601", 2016, 1, 1, 0, 0, 61, 5000) == "2016-01-01T00:01:01.999Z"
