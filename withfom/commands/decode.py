"""``withfom decode``: what a recorded printer stream says, one JSON object a document."""

from __future__ import annotations

import argparse
import itertools
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from printers.stream.page import Page

EXIT_NOT_READABLE = 2
CHUNK_BYTES = 65_536


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = subparsers.add_parser(
        "decode",
        help="영수증 파일 읽기 · read recorded ESC/POS streams, print JSON Lines",
        description="Reads what a POS sent to its printer and prints one JSON object a document. Garbage is an answer: "
        "the exit status is 0. 알 수 없는 문서는 kind가 unknown이고 total이 null이에요.",
    )
    parser.add_argument(
        "files",
        nargs="+",
        metavar="FILE",
        help="저장한 인쇄 내용, -는 표준 입력 · a recorded stream; - reads standard input",
    )
    parser.add_argument(
        "--witnesses", action="store_true", help="합계의 근거 · add what made the reader believe the total"
    )
    parser.add_argument(
        "--explain", action="store_true", help="줄마다 무엇으로 읽었는지 · add what each labelled amount was taken for"
    )
    parser.add_argument("--text", action="store_true", help="인쇄된 글 · add the printed text")


def run(args: argparse.Namespace) -> int:
    """0 when every file could be opened, whatever was in it; 2 otherwise."""
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(encoding="utf-8")  # JSON Lines are UTF-8 also where the console is not
    try:
        return _decode(args)
    except BrokenPipeError:  # the reader of our lines has had enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


def _decode(args: argparse.Namespace) -> int:
    status = 0
    for name in args.files:
        try:
            for found in _documents(name, witnesses=args.witnesses, text=args.text, explain=args.explain):
                sys.stdout.write(json.dumps(found, ensure_ascii=False) + "\n")
        except BrokenPipeError:
            raise
        except OSError as error:
            print(f"파일을 읽을 수 없어요: {name} ({error.strerror})", file=sys.stderr)
            print(f"Cannot read the file: {name} ({error.strerror})", file=sys.stderr)
            status = EXIT_NOT_READABLE
    sys.stdout.flush()
    return status


def _documents(name: str, *, witnesses: bool, text: bool, explain: bool) -> Iterator[dict[str, Any]]:
    from printers.receipts.reader import read_pages
    from printers.stream.documents import DocumentCutter

    cutter = DocumentCutter()
    index = 0
    for chunk in itertools.chain(_chunks(name), (None,)):
        documents = cutter.close() if chunk is None else cutter.feed(chunk)
        for document in documents:
            for page, reading in read_pages(document):
                found = {"file": name, "index": index, **reading.to_dict()}
                if witnesses:
                    found["witnesses"] = list(reading.witnesses)
                if explain:
                    found["amounts"] = _explained(page)
                if text:
                    found["text"] = page.text
                yield found
                index += 1


def _explained(page: Page) -> list[dict[str, Any]]:
    """Every labelled amount with what the reader took it for; "unnamed" is a label nobody knows."""
    from printers.receipts.facts import facts_of
    from printers.receipts.lines import lines_of

    facts = facts_of(lines_of(page.rows))
    found = [(item.name, item.amount, "goods", -1) for item in facts.goods.items]
    found += [
        (row.label, row.amount, row.role.value, row.index) for row in (*facts.totals, *facts.others, *facts.unnamed)
    ]
    found += [(tender.label, tender.amount, f"paid by {tender.method}", tender.index) for tender in facts.tenders]
    return [
        {"label": label, "amount": amount, "as": role}
        for label, amount, role, _ in sorted(found, key=lambda row: row[3])
    ]


def _chunks(name: str) -> Iterator[bytes]:
    if name == "-":
        while chunk := sys.stdin.buffer.read(CHUNK_BYTES):
            yield chunk
        return
    with Path(name).open("rb") as file:
        while chunk := file.read(CHUNK_BYTES):
            yield chunk
