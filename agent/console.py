"""The few words that a started program says to whoever started it; a program without a console says nothing."""

from __future__ import annotations

import sys


def say(text: str) -> None:
    """One line on standard output, at once."""
    if sys.stdout is not None:
        sys.stdout.write(text + "\n")
        sys.stdout.flush()


def complain(korean: str, english: str) -> None:
    """Two lines on standard error."""
    if sys.stderr is not None:
        sys.stderr.write(f"{korean}\n{english}\n")
        sys.stderr.flush()
