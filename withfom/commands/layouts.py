"""``withfom layouts``: what a shop has taught the reader, as a list and as a file for other shops."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from agent.receipts.lessons import LessonsService

EXIT_FAILED = 1


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = subparsers.add_parser(
        "layouts",
        help="배운 영수증 이름 보기·옮기기 · what was learned about receipts",
        description="매장이 가르친 영수증 이름을 보고, 파일로 내보내고, 들여와요. Lists, exports, imports "
        "and forgets the labels a shop has taught. Files hold labels only. The agent must not be running.",
    )
    parser.add_argument("action", choices=("list", "export", "import", "forget"))
    parser.add_argument("what", nargs="?", metavar="FILE|LABEL", help="import: the file; forget: the label")
    parser.add_argument("--folder", type=Path, metavar="DIR", help="the agent's folder; its usual place when left out")
    parser.add_argument("--pos-model", default="", metavar="NAME", help="export: for which POS the labels are")


def run(args: argparse.Namespace) -> int:
    """0 when it was done, 1 when the folder, the file or the label is none."""
    from agent.launch import default_folder
    from agent.receipts.lessons import LessonsService
    from sync.clock import SystemClock
    from sync.store import Store

    folder: Path = (args.folder or default_folder()).absolute()
    if not (folder / "agent.sqlite3").exists():
        return _fail(f"에이전트 폴더가 아니에요: {folder}", f"No agent's folder: {folder}")
    clock = SystemClock()
    with Store.open(folder, clock=clock) as store:
        # The agent reads waiting papers again when it answers its next question; here nothing is booked.
        lessons = LessonsService(store=store, clock=clock)
        return _done(args, lessons)


def _done(args: argparse.Namespace, lessons: LessonsService) -> int:
    if args.action == "list":
        for lesson in lessons.lessons():
            print(f"{lesson.label}\t{lesson.meaning}\t{lesson.origin}\t{lesson.pos_model}")
        return 0
    if args.action == "export":
        sys.stdout.write(lessons.exported(args.pos_model))
        return 0
    if not args.what:
        return _fail("파일이나 이름을 적어 주세요.", "A file or a label is needed.")
    if args.action == "forget":
        if args.what not in {lesson.label for lesson in lessons.lessons()}:
            return _fail(f"배운 적이 없는 이름이에요: {args.what}", f"Never learned: {args.what}")
        lessons.forget(args.what)
        return 0
    try:
        new = lessons.take_in(Path(args.what).read_text(encoding="utf-8"))
    except (OSError, ValueError) as problem:
        return _fail(f"파일을 읽을 수 없어요: {args.what}", f"Not a file of layout rules: {args.what} ({problem})")
    print(f"{new}개를 새로 배웠어요.\n{new} labels were new.")
    return 0


def _fail(korean: str, english: str) -> int:
    print(korean, file=sys.stderr)
    print(english, file=sys.stderr)
    return EXIT_FAILED
