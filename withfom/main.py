"""Owns the way from arguments to a subcommand, and from errors to words and exit codes.

Only the named subcommand is imported. 0 done · 1 it did not work and a person is told why · 2 asked for wrongly ·
3 another agent has the folder · 70 an error of ours, with details in a file · 130 interrupted.
"""

from __future__ import annotations

import argparse
import importlib
import pkgutil
import sys
from collections.abc import Sequence
from typing import Any, NoReturn

from withfom import VERSION, commands

EXIT_FAILED = 1
EXIT_USAGE = 2
EXIT_INTERNAL = 70
EXIT_INTERRUPTED = 130


def names() -> list[str]:
    """The subcommands of this installation; a module file in `withfom/commands` is one."""
    return sorted(module.name for module in pkgutil.iter_modules(commands.__path__) if not module.name.startswith("_"))


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one subcommand and returns its exit status. No error becomes a stack trace."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    _speak_utf8()
    if given and not given[0].startswith("-") and given[0] not in names():
        known = ", ".join(names())
        print(f"모르는 명령이에요: {given[0]} ({known})", file=sys.stderr)
        print(f"Unknown command: {given[0]} ({known})", file=sys.stderr)
        return EXIT_USAGE
    wanted = [given[0]] if given and given[0] in names() else names()
    try:
        parser = _parser(wanted)
        args = parser.parse_args(given)
        if args.command is None:
            parser.print_help()
            return EXIT_USAGE
        status: int = _module(args.command).run(args)
    except KeyboardInterrupt:
        return EXIT_INTERRUPTED
    except BrokenPipeError:
        return _pipe_closed()
    except Exception as problem:
        return _explain(problem)
    return status


class _Parser(argparse.ArgumentParser):
    """Refuses in both languages."""

    def error(self, message: str) -> NoReturn:
        print(f"명령을 이해하지 못했어요. 도움말: {self.prog} --help", file=sys.stderr)
        print(f"{self.prog}: {message}", file=sys.stderr)
        sys.exit(EXIT_USAGE)


def _parser(wanted: Sequence[str]) -> argparse.ArgumentParser:
    parser = _Parser(prog="withfom", description="WithFoM: 카페 카운터 프로그램 / counter software for cafes")
    parser.add_argument("--version", action="version", version=f"withfom {VERSION}")
    subparsers = parser.add_subparsers(dest="command", metavar="COMMAND")
    for name in wanted:
        _module(name).register(subparsers)
    return parser


def _module(name: str) -> Any:
    return importlib.import_module(f"{commands.__name__}.{name}")


def _speak_utf8() -> None:
    """Korean must not end a command on a console or pipe with an 8-bit encoding."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(encoding="utf-8", errors="replace")


def _pipe_closed() -> int:
    """Whoever read our output went away, as ``| head`` does."""
    import os

    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0


def _explain(problem: Exception) -> int:
    """Say what happened in both languages. What we did not foresee goes to a file, for support."""
    korean, english = getattr(problem, "user_message", None), getattr(problem, "user_message_en", None)
    if korean and english:
        print(korean, file=sys.stderr)
        print(english, file=sys.stderr)
        return int(getattr(problem, "exit_code", EXIT_FAILED))
    where = _write_down(problem)
    print(f"예상하지 못한 문제가 생겼어요. 저장된 내용은 그대로예요. 자세한 기록: {where}", file=sys.stderr)
    print(f"Something unexpected happened; what was saved is unchanged. Details: {where}", file=sys.stderr)
    return EXIT_INTERNAL


def _write_down(problem: Exception) -> str:
    """The log file of this process if it has one, else a file of its own; answers its path."""
    import logging
    import logging.handlers

    for writer in logging.getLogger().handlers:
        if isinstance(writer, logging.handlers.RotatingFileHandler):
            logging.getLogger("withfom.agent").error("command_failed", exc_info=problem)
            return str(writer.baseFilename)
    import tempfile
    import traceback

    with tempfile.NamedTemporaryFile(
        "w", encoding="utf-8", prefix="withfom-problem-", suffix=".log", delete=False
    ) as file:
        traceback.print_exception(problem, file=file)
        return file.name
