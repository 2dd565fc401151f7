"""``withfom cloud import-members``: takes over the member list of another service, first looked at, then confirmed."""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from withfom.commands.cloud.speaking import EXIT_FAILED, EXIT_USAGE, Verb, refuse, short_text, tell, verb, with_cloud

if TYPE_CHECKING:
    from cloud_api.bootstrap import Cloud
    from cloud_api.imports.service import Sums
    from cloud_api.settings import Settings

PROBLEMS_SHOWN = 20


def register(verbs: Any) -> dict[str, Verb]:
    """Adds this verb; answers what runs it."""
    take = verb(verbs, "import-members", "회원 명단 가져오기 / import a list of members", prints_json=True)
    take.add_argument("file", type=Path, metavar="FILE", help="CSV, XLSX")
    take.add_argument("--store", required=True, type=short_text, help="store id")
    take.add_argument("--source", type=short_text, help="가져오는 서비스 / the service it comes from")
    take.add_argument(
        "--column",
        action="append",
        type=_column,
        default=[],
        metavar="FIELD=TITLE",
        help="phone=휴대폰, points=3, grade=- (phone, points, stamps, name, joined, grade)",
    )
    take.add_argument(
        "--confirm", type=_sums, metavar="ROWS,POINTS,STAMPS", help="미리보기의 합계 / the sums of the dry run"
    )
    take.add_argument(
        "--grade",
        action="append",
        type=_grade,
        default=[],
        metavar="WORD=CODE",
        help="우수=VIP, 일반=- (등급 이름이 다를 때 / where grades are called otherwise)",
    )
    take.add_argument("--by", type=short_text, default="command", help="담당자 / who confirms")
    take.add_argument("--problems", type=Path, metavar="CSV", help="빠진 줄 목록을 쓸 파일 / where the list goes")
    return {"import-members": _import}


def _column(text: str) -> tuple[str, str]:
    from cloud_api.imports.columns import FIELDS

    field, _, title = text.partition("=")
    if field not in FIELDS or not title.strip():
        raise argparse.ArgumentTypeError(f"{', '.join(FIELDS)} = 열 이름이나 번호 / title or number")
    return field, title.strip()


def _grade(text: str) -> tuple[str, str | None]:
    word, _, code = text.rpartition("=")
    if not word.strip() or not code.strip():
        raise argparse.ArgumentTypeError("등급 이름=등급 코드나 - / word=code or -")
    return word.strip(), None if code.strip() == "-" else code.strip()


def _sums(text: str) -> Sums:
    from cloud_api.imports.service import Sums

    parts = text.split(",")
    if len(parts) != 3 or not all(part.isascii() and part.isdigit() for part in parts):
        raise argparse.ArgumentTypeError("행,포인트,스탬프 / rows,points,stamps")
    return Sums(*map(int, parts))


def _import(settings: Settings, args: argparse.Namespace) -> int:
    from cloud_api.imports import problems
    from cloud_api.imports.files import inspect
    from cloud_api.imports.problems import FileRefused

    try:
        raw = args.file.read_bytes()
        inspect(raw)
    except OSError as error:
        return refuse(f"파일을 읽을 수 없어요 / the file cannot be read: {error.strerror}", EXIT_USAGE)
    except FileRefused as refusal:
        reason = problems.FILE[refusal.code]
        return refuse(f"{reason.korean} / {reason.english}", EXIT_FAILED)
    return with_cloud(settings, lambda cloud: _take_over(cloud, args, raw))


def _take_over(cloud: Cloud, args: argparse.Namespace, raw: bytes) -> int:
    from cloud_api.imports import deciding

    import_id = _stage(cloud, args, raw)
    found = _until_rested(cloud, import_id)
    if args.problems is not None:
        _write_problems(cloud, import_id, args.problems)
    if found["state"] == "checked" and args.confirm is not None:
        grades = dict(args.grade)
        cloud.database.transact(lambda work: deciding.confirm(work, import_id, args.confirm, args.by, grades))
        found = _until_rested(cloud, import_id)
    tell(args, "\n".join(_lines(cloud, found)), found)
    return 0 if found["state"] in ("checked", "done") else EXIT_FAILED


def _stage(cloud: Cloud, args: argparse.Namespace, raw: bytes) -> str:
    """The file in the database; one that is there already goes on where it was."""
    from cloud_api.database import Work
    from cloud_api.imports import service

    wanted = service.NewImport(args.store, f"command:{args.by}", args.source or "", dict(args.column))

    def write(work: Work) -> str:
        import_id = service.begin(work, wanted)
        parts = range(0, len(raw), service.PART_BYTES)
        for n, place in enumerate(parts):
            service.receive(work, cloud.vault, import_id, n, raw[place : place + service.PART_BYTES])
        digest = hashlib.sha256(raw).hexdigest()
        return service.complete(work, import_id, parts=len(parts), size_bytes=len(raw), content_hash=digest)

    return cloud.database.transact(write)


def _until_rested(cloud: Cloud, import_id: str) -> dict[str, Any]:
    """Works on it until it waits for somebody or is over; a server that does the same shares the work."""
    from cloud_api.imports import service
    from cloud_api.imports.job import Importer
    from cloud_api.imports.models import ImportState

    importer, told = Importer(cloud.vault), ""
    while True:
        with cloud.database.read() as conn:
            found = service.show(conn, import_id)
        if (line := _progress(found)) != told:
            print(line, file=sys.stderr, flush=True)
            told = line
        if found["state"] not in (ImportState.CHECKING, ImportState.IMPORTING):
            return found
        importer.work_on(cloud.database, cloud.clock, import_id, ImportState(found["state"]))


def _progress(found: dict[str, Any]) -> str:
    if found["state"] == "importing":
        done = found["progress"]
        return f"가져오는 중 / importing {done['percent']} % ({done['rows']:,} / {found['sums']['rows']:,})"
    return f"확인 중 / checking {found['rows_read']:,}" if found["state"] == "checking" else found["state"]


def _write_problems(cloud: Cloud, import_id: str, place: Path) -> None:
    from cloud_api.imports import problems, service

    with cloud.database.read() as conn:
        place.write_bytes(problems.as_csv(service.problems_of(conn, import_id, most=service.ALL_PROBLEMS)))


def _lines(cloud: Cloud, found: dict[str, Any]) -> list[str]:
    from cloud_api.imports import service

    sums, state = found["sums"], found["state"]
    if found["problem"]:
        line = "" if found["problem"]["line"] is None else f" (line {found['problem']['line']})"
        return [f"{state}: {found['problem']['ko']} / {found['problem']['en']}{line}"]
    lines = [
        f"import {found['import_id']} {state}, {found['format']}, "
        + json.dumps(found["columns"], ensure_ascii=False, separators=(", ", ": ")),
        f"행 / rows {found['rows_read']:,}: 새 회원 / new {found['new_members']:,}, 있는 회원 / known"
        f" {found['known_members']:,}, 이미 가져옴 / imported before {found['imported_before']:,},"
        f" 중복 / duplicates {found['duplicates']:,}, 오류 / errors {found['row_errors']:,}",
    ]
    with cloud.database.read() as conn:
        left_out = service.problems_of(conn, found["import_id"], most=PROBLEMS_SHOWN)
    lines += [f"  {row['line']}: {row['column']} {row['ko']} / {row['en']}" for row in left_out]
    for one in found["grades"]:
        grade = one["grade"] or "- (--grade WORD=CODE)"
        lines.append(f"  등급 / grade “{one['word']}” {one['members']:,} → {grade}")
    if state == "checked":
        confirm = f"{sums['rows']},{sums['points']},{sums['stamps']}"
        lines.append(
            f"회원 / members {sums['rows']:,}, 포인트 / points {sums['points']:,}, 스탬프 / stamps {sums['stamps']:,}."
            f" 맞으면 / if that is right: --confirm {confirm}"
        )
    if state == "done":
        done = found["progress"]
        lines.append(
            f"가져옴 / imported {done['rows'] - done['skipped']:,}: 새 회원 / new {done['members_made']:,},"
            f" 포인트 / points {done['points']:,}, 스탬프 / stamps {done['stamps']:,},"
            f" 건너뜀 / skipped {done['skipped']:,}"
        )
    return lines
