"""Runs the fast tests on every other Python from 3.11 to 3.13 that this machine has."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[2]
WANTED = ("3.11", "3.12", "3.13")


def find(version: str) -> str | None:
    """Return an interpreter of that version that really runs: on PATH, or of pyenv."""
    places = [shutil.which(f"python{version}")]
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    places += [str(path) for path in pyenv.glob(f"{version}.*/bin/python{version}")]
    for place in filter(None, places):
        done = subprocess.run(
            [place, "-c", "import ssl, sqlite3"], capture_output=True, check=False
        )
        if done.returncode == 0:
            return place
    return None


def main() -> int:
    """Test each Python in an environment of its own; say which were not found."""
    failures = 0
    for version in WANTED:
        if version == f"{sys.version_info.major}.{sys.version_info.minor}":
            continue
        python = find(version)
        if python is None:
            print(f"Python {version}: not on this machine, not tested")
            continue
        with tempfile.TemporaryDirectory() as folder:
            subprocess.run([python, "-m", "venv", folder], check=True)
            own = str(Path(folder) / "bin" / "python")
            install = [own, "-m", "pip", "install", "--quiet", "-e", f"{ROOT}[dev]"]
            subprocess.run(install, check=True, cwd=ROOT)
            print(f"Python {version}:", flush=True)
            failures += subprocess.run([own, "-m", "pytest"], check=False, cwd=ROOT).returncode != 0
    return failures


if __name__ == "__main__":
    sys.exit(main())
