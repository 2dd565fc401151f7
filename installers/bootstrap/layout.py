"""Owns the paths of the source folder's own environment and the way messages reach a person."""

import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
VENV = ROOT / ".venv"
READY = VENV / "withfom-ready.json"
BUILDING = VENV / "withfom-building"
LOCK_FILE = ROOT / ".bootstrap-lock"
WINDOWS = os.name == "nt"
PYTHON = VENV / "Scripts" / "python.exe" if WINDOWS else VENV / "bin" / "python"

RUN_LOCK = "requirements.lock"
DEVELOPMENT_LOCK = "requirements-dev.lock"


class BootstrapProblem(Exception):
    """Something only a person can put right; the text says what, in Korean and English."""

    def __init__(self, korean: str, english: str) -> None:
        super().__init__(f"{korean}\n{english}")


def say(korean: str, english: str) -> None:
    """One line in both languages on stderr, so that stdout stays the program's own."""
    print(f"{korean} / {english}", file=sys.stderr, flush=True)


def child_environment() -> dict[str, str]:
    """The environment of every process started here: UTF-8, also where the machine speaks the C locale."""
    environment = dict(os.environ, PYTHONUTF8="1")
    environment.pop("PYTHONHOME", None)
    if sys.platform == "linux":
        chosen = environment.get("LC_ALL") or environment.get("LC_CTYPE") or environment.get("LANG") or "C"
        if "UTF" not in chosen.upper():
            environment.pop("LC_ALL", None)
            environment["LC_CTYPE"] = "C.UTF-8"
    return environment
