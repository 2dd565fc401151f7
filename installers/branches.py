"""Owns the claim that the tests of `rules` take every branch: `python -m installers.branches` fails otherwise."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def main() -> int:
    """Runs the tests of the rules under coverage; prints what no test reaches."""
    with tempfile.TemporaryDirectory() as folder:
        data = f"--data-file={folder}/coverage"
        tests = ["-m", "pytest", "tests/rules", "-q", "-n", "0", "-p", "no:cacheprovider"]
        ran = _coverage("run", data, "--branch", "--source=rules", *tests)
        if ran != 0:
            return ran
        return _coverage("report", data, "--show-missing", "--skip-covered", "--fail-under=100")


def _coverage(*arguments: str) -> int:
    return subprocess.call([sys.executable, "-m", "coverage", *arguments], cwd=ROOT)


if __name__ == "__main__":
    sys.exit(main())
