"""What the cloud's commands have in common: how an option is read, how an answer is told, and the open cloud."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cloud_api.bootstrap import Cloud
    from cloud_api.settings import Settings

EXIT_FAILED = 1
EXIT_USAGE = 2
DATABASE_ENV = "WITHFOM_CLOUD_DATABASE"
Verb = Callable[["Settings", argparse.Namespace], int]


def verb(verbs: Any, name: str, text: str, *, prints_json: bool = False) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = verbs.add_parser(name, help=text, description=text)
    parser.add_argument("--database", metavar="URL", help=f"sqlite:///… or postgresql://… (or {DATABASE_ENV})")
    parser.add_argument("--folder", metavar="DIR", type=Path, help="키와 SQLite 파일의 폴더 / keys and SQLite file")
    if prints_json:
        parser.add_argument("--json", action="store_true", help="JSON 한 줄 / one line of JSON")
    return parser


def member_options(parser: argparse.ArgumentParser) -> None:
    who = parser.add_mutually_exclusive_group(required=True)
    who.add_argument("--member", type=short_text, help="member id")
    who.add_argument("--phone", type=short_text)


def whole_number(highest: int, *, lowest: int = 0) -> Callable[[str], int]:
    def read(text: str) -> int:
        if not text.isascii() or not text.isdigit() or not lowest <= int(text) <= highest:
            raise argparse.ArgumentTypeError(f"{lowest}–{highest} 사이의 정수 / a whole number {lowest}–{highest}")
        return int(text)

    return read


def signed_number(highest: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        points = whole_number(highest, lowest=1)(text.removeprefix("-"))
        return -points if text.startswith("-") else points

    return read


def minute_of_day(text: str) -> int | None:
    """Minutes after midnight."""
    if text == "none":
        return None
    hours, _, minutes = text.partition(":")
    if len(hours) == len(minutes) == 2 and (hours + minutes).isascii() and (hours + minutes).isdigit():
        at = int(hours) * 60 + int(minutes)
        if int(hours) < 24 and int(minutes) < 60:
            return at
    raise argparse.ArgumentTypeError("HH:MM, none")


def short_text(text: str) -> str:
    cleaned = text.strip()
    if not cleaned or len(cleaned) > 100 or not cleaned.isprintable():
        raise argparse.ArgumentTypeError("1–100자 / 1 to 100 printable characters")
    return cleaned


def with_cloud(settings: Settings, job: Callable[[Cloud], int]) -> int:
    from cloud_api.bootstrap import opened

    with opened(settings, checkpoints=False) as cloud:
        return job(cloud)


def tell(args: argparse.Namespace, text: str, content: dict[str, Any]) -> int:
    print(json.dumps(content) if args.json else text)
    return 0


def refuse(text: str, code: int) -> int:
    print(text, file=sys.stderr)
    return code
