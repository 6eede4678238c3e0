"""Every example is listed, runs alone, and its own asserts hold."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[2] / "examples"
BIG = ["demo"]  # the tour that `make demo` runs: it wants a model, and minutes
STORIES = sorted(folder.name for folder in EXAMPLES.iterdir() if (folder / "main.py").exists())


@pytest.mark.parametrize("story", STORIES)
def test_a_story_runs_alone_in_a_home_of_its_own(story, tmp_path):
    done = subprocess.run(
        [sys.executable, "-W", "error", EXAMPLES / story / "main.py"],
        cwd=tmp_path,
        env=os.environ | {"HADES_HOME": str(tmp_path / "home")},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout
    assert "Traceback" not in done.stderr


def test_every_folder_is_listed_and_every_story_has_a_readme():
    listed = (EXAMPLES / "README.md").read_text(encoding="utf-8")
    folders = sorted(
        one.name for one in EXAMPLES.iterdir() if one.is_dir() and one.name[0] not in "._"
    )
    assert folders == sorted(STORIES + BIG)
    assert [one for one in folders if f"[{one}]({one}/)" not in listed] == []
    for folder in STORIES:
        readme = (EXAMPLES / folder / "README.md").read_text(encoding="utf-8")
        assert f"python examples/{folder}/main.py" in readme
