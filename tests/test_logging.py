"""Every log line goes to stderr: on stdio, stdout belongs to the protocol."""

import json
import subprocess
import sys

import pytest

from hades_mcp.errors import ConfigError
from hades_mcp.logging import setup_logging


def spoken(code: str) -> tuple[str, str]:
    """Run code in a process of its own and return its stdout and stderr."""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return done.stdout, done.stderr


def test_a_logger_made_before_the_setup_obeys_it():
    out, err = spoken(
        "from hades_mcp.logging import get_logger, setup_logging\n"
        "log = get_logger('vectors')\n"
        "setup_logging('INFO', json=True)\n"
        "log.debug('unheard')\n"
        "log.info('heard', rows=3)\n"
    )
    assert out == ""
    (line,) = err.splitlines()
    said = json.loads(line)
    assert (said["event"], said["room"], said["rows"], said["level"]) == (
        "heard",
        "vectors",
        3,
        "info",
    )


def test_a_program_that_never_set_logging_up_gets_warnings_on_stderr():
    out, err = spoken(
        "from hades_mcp.logging import get_logger\n"
        "get_logger('vectors').info('unheard')\n"
        "get_logger('vectors').warning('heard')\n"
    )
    assert out == ""
    assert "heard" in err
    assert "unheard" not in err


def test_a_program_with_a_setup_of_its_own_keeps_it():
    out, err = spoken(
        "import structlog, sys\n"
        "structlog.configure(processors=[structlog.processors.JSONRenderer()])\n"
        "from hades_mcp.logging import get_logger\n"
        "get_logger('vectors').warning('heard')\n"
    )
    assert json.loads(out) == {"event": "heard", "room": "vectors"}
    assert err == ""


def test_the_libraries_lines_go_to_stderr_too():
    out, err = spoken(
        "import logging\n"
        "from hades_mcp.logging import setup_logging\n"
        "setup_logging('warning')\n"
        "logging.getLogger('somebody').warning('heard')\n"
        "logging.getLogger('somebody').info('unheard')\n"
    )
    assert (out, err) == ("", "heard\n")


def test_a_traceback_is_one_json_line():
    _, err = spoken(
        "from hades_mcp.logging import get_logger, setup_logging\n"
        "setup_logging(json=True)\n"
        "try:\n"
        "    1 / 0\n"
        "except ZeroDivisionError:\n"
        "    get_logger('vectors').exception('a bug')\n"
    )
    (line,) = err.splitlines()
    assert "ZeroDivisionError" in json.loads(line)["exception"]


def test_a_level_nobody_knows_lists_the_known_ones():
    with pytest.raises(ConfigError, match=r"no log level 'LOUD'.*WARNING"):
        setup_logging("LOUD")


def test_a_traceback_shows_no_local_variables():
    _, err = spoken(
        "from hades_mcp.logging import get_logger\n"
        "def read(text):\n"
        "    1 / 0\n"
        "try:\n"
        "    read('what was' + ' in the document')\n"
        "except ZeroDivisionError:\n"
        "    get_logger('test').exception('failed')\n"
    )
    assert "ZeroDivisionError" in err
    assert "what was in the document" not in err


def test_attempts_to_reach_a_server_are_told_only_to_who_wants_to_know_more():
    code = (
        "import logging\n"
        "from hades_mcp.logging import setup_logging\n"
        "setup_logging({level!r})\n"
        "logging.getLogger('urllib3.connectionpool').warning('Retrying')\n"
    )
    assert spoken(code.format(level="WARNING")) == ("", "")
    assert spoken(code.format(level="INFO")) == ("", "Retrying\n")
