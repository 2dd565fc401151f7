"""Owns what `start.py` does with its arguments: a development command of ours, or `withfom` with all of them."""

import sys

from installers.bootstrap.development import COMMANDS
from installers.bootstrap.layout import PYTHON, RUN_LOCK, BootstrapProblem
from installers.bootstrap.running import become, ensure

# These never open a window, so they must not ask for the window system's libraries.
WITHOUT_WINDOWS = frozenset({"cloud", "capture", "simulate", "-h", "--help", "--version"})


def main(arguments: list[str]) -> int:
    """Makes the environment complete and starts the command in it. Returns the exit status."""
    if sys.getfilesystemencoding() != "utf-8":
        # An old 8-bit locale: paths with Hangul would be unreadable, so begin again in Python's UTF-8 mode.
        return become([sys.executable, "-X", "utf8", sys.argv[0], *arguments])
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    try:
        if arguments and arguments[0] in COMMANDS:
            return COMMANDS[arguments[0]](arguments[1:])
        ensure(RUN_LOCK, windows=not (arguments and arguments[0] in WITHOUT_WINDOWS))
        return become([str(PYTHON), "-m", "withfom", *arguments])
    except BootstrapProblem as problem:
        print(problem, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
