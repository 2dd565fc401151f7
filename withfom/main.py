"""Owns the way from arguments to a subcommand: only the named one is imported."""

from __future__ import annotations

import argparse
import importlib
import pkgutil
import sys
from collections.abc import Sequence

from withfom import VERSION, commands

EXIT_USAGE = 2
EXIT_INTERRUPTED = 130


def names() -> list[str]:
    """The subcommands of this installation; a module file in `withfom/commands` is one."""
    return sorted(module.name for module in pkgutil.iter_modules(commands.__path__) if not module.name.startswith("_"))


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one subcommand and returns its exit status: 0 done, 1 failed, 2 asked for wrongly."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")  # a console of an older code page must not end the program
    if given and not given[0].startswith("-") and given[0] not in names():
        known = ", ".join(names())
        print(f"모르는 명령입니다: {given[0]} ({known})", file=sys.stderr)
        print(f"Unknown command: {given[0]} ({known})", file=sys.stderr)
        return EXIT_USAGE
    wanted = [given[0]] if given and given[0] in names() else names()
    parser = _parser(wanted)
    args = parser.parse_args(given)
    if args.command is None:
        parser.print_help()
        return EXIT_USAGE
    try:
        status: int = importlib.import_module(f"{commands.__name__}.{args.command}").run(args)
    except KeyboardInterrupt:
        return EXIT_INTERRUPTED
    return status


def _parser(wanted: Sequence[str]) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="withfom", description="WithFoM: 카페 카운터 프로그램 / counter software for cafes"
    )
    parser.add_argument("--version", action="version", version=f"withfom {VERSION}")
    subparsers = parser.add_subparsers(dest="command", metavar="COMMAND")
    for name in wanted:
        importlib.import_module(f"{commands.__name__}.{name}").register(subparsers)
    return parser
