"""`make conformance`: judge the embedded engine by a real server's answers; print the shares."""

from __future__ import annotations

import os
import sys

from tests.conformance.judges import JUDGES, report
from tests.conformance.report import by_function_group
from tests.conformance.rows import VARIABLE, folder


def main(arguments: list[str]) -> int:
    """Judge all files of a folder, or some of them.

    Args:
        arguments: The folder, unless the variable names it; `-v` to list what fails, and names of
            files to judge only those.
    """
    names = [name for name in arguments if name in JUDGES]
    others = [argument for argument in arguments if argument not in JUDGES and argument[0] != "-"]
    if others:
        os.environ[VARIABLE] = others[0]
    where = folder()
    if where is None:
        sys.stderr.write(f"{VARIABLE} names no folder: make conformance DIR=<folder>\n")
        return 2
    reports = [report(where, name) for name in names or JUDGES]
    for each in reports:
        sys.stdout.write("\n".join(each.lines()) + "\n")
        if "-v" in arguments:
            for verdict in each.failed:
                query = " ".join(verdict.text.split())[:200]
                sys.stdout.write(f"      {verdict.row} | {query} => {verdict.wrong}\n")
        if each.too_many_left_out:
            sys.stdout.write("    more rows are left out than the 3 % that may be\n")
    sys.stdout.write("by group of functions\n")
    sys.stdout.write("\n".join(by_function_group(where, reports)) + "\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
