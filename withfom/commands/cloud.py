"""``withfom cloud …``: run the cloud and make what it needs: stores, keys, enrollment codes."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cloud_api.bootstrap import Cloud
    from cloud_api.settings import Settings

EXIT_FAILED = 1
EXIT_USAGE = 2
DATABASE_ENV = "WITHFOM_CLOUD_DATABASE"
DEFAULT_PORT = 8000
# What a wrong --folder must not silently begin: everything but these asks about a cloud that exists.
_MAKES_A_CLOUD = ("serve", "migrate", "create-store", "create-key")
PORT_MAX = 65_535
COMMAND_KEY = "command"  # whose idempotency keys these are; integrators have ids of their own
KOREA = timezone(timedelta(hours=9))
PRUNE_DAYS = 90
PRUNE_DAYS_MIN = 15  # devices keep what was acknowledged for fourteen


def register(subparsers: Any) -> None:
    """Adds ``cloud`` and its sub-commands."""
    cloud = subparsers.add_parser("cloud", help="클라우드 서버 / the cloud server")
    verbs = cloud.add_subparsers(dest="cloud_command", required=True, metavar="COMMAND")

    serve = _verb(verbs, "serve", "서버 실행 / run the server")
    serve.add_argument("--host", default="127.0.0.1")
    serve.add_argument("--port", type=_port, default=DEFAULT_PORT, help="0: any free port")
    serve.add_argument(
        "--workers", type=_whole(64, lowest=1), default=1, help="프로세스 수, PostgreSQL / processes, PostgreSQL only"
    )
    serve.add_argument("--openapi", action="store_true", help="/openapi.json 공개 / publish the OpenAPI document")

    _verb(verbs, "migrate", "데이터베이스 준비 / bring the database to the newest schema")
    prove = _verb(verbs, "verify", "원장 검사 / prove the ledger")
    prove.add_argument("--rebuild", action="store_true", help="잔액 다시 계산 / recompute balances and lots first")

    store = _verb(verbs, "create-store", "매장 만들기 / make a store", prints_json=True)
    store.add_argument("--name", required=True, type=_text)
    store.add_argument("--brand", required=True, type=_text, help="브랜드 이름 / brand name, made when new")
    store.add_argument("--service-type", choices=("reward", "order", "composite"), default="composite")
    store.add_argument("--plan", default="free", type=_text)
    store.add_argument("--grade", default="normal", type=_text)
    _policy_options(store)

    policy = _verb(verbs, "set-policy", "적립 정책 바꾸기 / change a brand's policy", prints_json=True)
    policy.add_argument("--brand", required=True, type=_text, help="name or id")
    _policy_options(policy)

    key = _verb(verbs, "create-key", "연동 키 만들기 / make an integrator key", prints_json=True)
    key.add_argument("--label", required=True, type=_text)

    code = _verb(verbs, "enrollment-code", "기기 등록 코드 / a code for one new device", prints_json=True)
    code.add_argument("--store", required=True, type=_text, help="store id")
    code.add_argument("--kind", choices=("agent", "tablet"), default="agent")
    code.add_argument("--label", type=_text)

    revoke = _verb(verbs, "revoke-device", "기기 등록 해지 / shut a device out")
    revoke.add_argument("--device", required=True, type=_text, help="device id")

    opening = _verb(verbs, "set-opening", "여는 시각 / when a store opens")
    opening.add_argument("--store", required=True, type=_text, help="store id")
    opening.add_argument("--at", required=True, type=_opening, help="HH:MM, 24시간 매장: none / never closes: none")

    people = _verb(verbs, "employee", "대표와 직원 / the owner and staff of a store", prints_json=True)
    people.add_argument("action", choices=("add", "list", "pin", "allow", "forbid", "lift", "remove"))
    people.add_argument("--store", required=True, type=_text, help="store id")
    people.add_argument("--employee", type=_text, help="employee id")
    people.add_argument("--name", type=_text)
    people.add_argument("--role", choices=("owner", "staff"), default="staff")

    printing = _verb(verbs, "printing-device", "출력할 기기 / the device whose printer a store's slips come out of")
    printing.add_argument("--device", required=True, type=_text, help="device id")
    printing.add_argument("--none", action="store_true", help="먼저 본 기기가 출력 / whoever shows a request first")

    old = _verb(verbs, "prune", "오래된 것 지우기 / forget old feed rows, nonces, answers and uploads")
    days = _whole(3_650, lowest=PRUNE_DAYS_MIN)
    for name in ("feed", "calls", "uploads"):
        old.add_argument(f"--{name}-days", type=days, default=PRUNE_DAYS, help=f"{PRUNE_DAYS_MIN}–3650")

    _verb(verbs, "expire", "만료된 포인트 소멸 / book what has expired")

    adjust = _verb(verbs, "adjust", "포인트 조정 / correct a member's points by hand", prints_json=True)
    adjust.add_argument("--store", required=True, type=_text, help="store id")
    _member_options(adjust)
    adjust.add_argument("--points", required=True, type=_signed(1_000_000_000), help="음수는 차감 / below 0 takes away")
    adjust.add_argument("--reason", required=True, type=_text)
    adjust.add_argument("--by", required=True, type=_text, help="담당자 / who")
    adjust.add_argument("--idempotency-key", type=_text, help="같은 키는 한 번만 / the same key books once")

    decide = _verb(verbs, "adjustments", "조정 확인 / corrections that wait for a second person", prints_json=True)
    decide.add_argument("action", choices=("list", "show", "confirm", "refuse"))
    decide.add_argument("--id", type=_text, help="adjustment id")
    decide.add_argument("--by", type=_text, help="담당자 / who")

    why = _verb(verbs, "explain", "잔액 설명 / why a member's balance is what it is", prints_json=True)
    _member_options(why)
    why.add_argument("--limit", type=_whole(100_000, lowest=1), default=1_000, help="newest entries")

    aside = _verb(verbs, "parked", "보류된 작업 / operations that were set aside", prints_json=True)
    aside.add_argument("action", choices=("list", "replay"))

    rotate = _verb(verbs, "rotate-keys", "키 바꾸기 / new keys, and everything written anew", prints_json=True)
    rotate.add_argument("--retire", action="store_true", help="필요 없는 예전 키 지우기 / remove keys nothing needs")

    _verb(verbs, "mark-restored", "백업 복원 알림 / say that the database was restored from a backup")


def _verb(verbs: Any, name: str, text: str, *, prints_json: bool = False) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = verbs.add_parser(name, help=text, description=text)
    parser.add_argument("--database", metavar="URL", help=f"sqlite:///… or postgresql://… (or {DATABASE_ENV})")
    parser.add_argument("--folder", metavar="DIR", type=Path, help="키와 SQLite 파일의 폴더 / keys and SQLite file")
    if prints_json:
        parser.add_argument("--json", action="store_true", help="JSON 한 줄 / one line of JSON")
    return parser


def _member_options(parser: argparse.ArgumentParser) -> None:
    who = parser.add_mutually_exclusive_group(required=True)
    who.add_argument("--member", type=_text, help="member id")
    who.add_argument("--phone", type=_text)


def _policy_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--rate-bp", type=_whole(10_000), default=None, help="100 = 1 %%")
    parser.add_argument("--minimum-payment-won", type=_whole(1_000_000_000), default=None)
    parser.add_argument("--request-timeout-ms", type=_whole(3_600_000, lowest=1_000), default=None)
    parser.add_argument(
        "--auto-approve-max-won", type=_whole(1_000_000_000), default=None, help="0: 한도 없음 / 0: no limit"
    )
    parser.add_argument(
        "--lot-valid-days", type=_whole(36_525), default=None, help="포인트 유효 일수, 0: 무기한 / 0: for ever"
    )
    parser.add_argument(
        "--adjustment-limit-points",
        type=_whole(1_000_000_000),
        default=None,
        help="두 번째 사람이 필요한 조정 / above: two people",
    )
    parser.add_argument("--use-unit", type=_whole(100_000, lowest=1), default=None, help="포인트 사용 단위 / in points")
    offline = "인터넷이 끊겼을 때, 0은 끔 / without a line, 0 switches it off"
    parser.add_argument("--offline-store-day-won", type=_whole(1_000_000_000), default=None, help=offline)
    parser.add_argument("--offline-member-won", type=_whole(1_000_000_000), default=None, help=offline)
    parser.add_argument("--offline-snapshot-max-ms", type=_whole(30 * 86_400_000), default=None, help=offline)


def _port(text: str) -> int:
    return _whole(PORT_MAX)(text)


def _whole(highest: int, *, lowest: int = 0) -> Callable[[str], int]:
    def read(text: str) -> int:
        if not text.isascii() or not text.isdigit() or not lowest <= int(text) <= highest:
            raise argparse.ArgumentTypeError(f"{lowest}–{highest} 사이의 정수 / a whole number {lowest}–{highest}")
        return int(text)

    return read


def _signed(highest: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        points = _whole(highest, lowest=1)(text.removeprefix("-"))
        return -points if text.startswith("-") else points

    return read


def _opening(text: str) -> int | None:
    """Minutes after midnight."""
    if text == "none":
        return None
    hours, _, minutes = text.partition(":")
    if len(hours) == len(minutes) == 2 and (hours + minutes).isascii() and (hours + minutes).isdigit():
        at = int(hours) * 60 + int(minutes)
        if int(hours) < 24 and int(minutes) < 60:
            return at
    raise argparse.ArgumentTypeError("HH:MM, none")


def _text(text: str) -> str:
    cleaned = text.strip()
    if not cleaned or len(cleaned) > 100 or not cleaned.isprintable():
        raise argparse.ArgumentTypeError("1–100자 / 1 to 100 printable characters")
    return cleaned


def run(args: argparse.Namespace) -> int:
    """Exit code 0, 1 when it failed, 2 when it was asked for wrongly."""
    from cloud_api.errors import ApiError, StartError

    settings = _settings(args)
    if settings is None:
        return _refuse("--database 또는 --folder 가 필요해요 / --database or --folder is needed", EXIT_USAGE)
    missing = _missing_file(settings)
    if missing is not None and args.cloud_command not in _MAKES_A_CLOUD:
        return _refuse(f"여기에는 클라우드가 없어요: {missing} / There is no cloud here: {missing}", EXIT_USAGE)
    try:
        if args.cloud_command == "serve":
            return _serve(settings, args)
        return _VERBS[args.cloud_command](settings, args)
    except StartError as error:
        return _refuse(str(error), EXIT_FAILED)
    except ApiError as error:
        return _refuse(f"{error.problem.korean} / {error.problem.english}", EXIT_FAILED)
    except KeyboardInterrupt:
        return EXIT_FAILED


def _settings(args: argparse.Namespace) -> Settings | None:
    from cloud_api.settings import Settings

    url = args.database or os.environ.get(DATABASE_ENV)
    folder = args.folder or _folder_beside(url)
    if folder is None:
        return None
    made = Settings.for_folder(folder)
    return Settings(url or made.database_url, made.secret_file, serve_openapi=bool(getattr(args, "openapi", False)))


def _missing_file(settings: Settings) -> Path | None:
    """The SQLite file that these settings name, when it does not exist."""
    if not settings.database_url.startswith("sqlite:///"):
        return None
    file = Path(settings.database_url.removeprefix("sqlite:///"))
    return None if file.exists() else file


def _folder_beside(url: str | None) -> Path | None:
    """Where the keys are when no folder is named: beside the SQLite file, or in the user's data folder."""
    if url is None:
        return None
    if url.startswith("sqlite:///"):
        return Path(url.removeprefix("sqlite:///")).parent
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "withfom-cloud"


def _serve(settings: Settings, args: argparse.Namespace) -> int:
    import logging

    from cloud_api.app import create_app
    from cloud_api.bootstrap import build, prepare
    from cloud_api.process_lock import only_server
    from cloud_api.processes import serve_together
    from cloud_api.serve import run as serve

    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    with only_server(settings):
        # Problems with the database or the keys are told in one line here, before a server starts around them.
        first = build(settings)
        try:
            prepare(first)
        finally:
            first.database.close()
        if args.workers > 1:
            serve_together(settings, host=args.host, port=args.port, workers=args.workers, on_ready=_say_ready)
        else:
            serve(create_app(settings), host=args.host, port=args.port, on_ready=_say_ready)
    return 0


def _say_ready(url: str) -> None:
    print(f"withfom cloud ready: {url}", flush=True)


def _migrate(settings: Settings, _args: argparse.Namespace) -> int:
    from cloud_api.bootstrap import build, prepare

    cloud = build(settings, checkpoints=False)
    try:
        print(f"schema {prepare(cloud)}")
    finally:
        cloud.database.close()
    return 0


def _verify(settings: Settings, args: argparse.Namespace) -> int:
    from sqlalchemy.exc import IntegrityError

    from cloud_api.ledger.verify import rebuild, verify

    def check(cloud: Cloud) -> int:
        if args.rebuild:
            try:
                print(f"rebuilt {cloud.database.transact(rebuild)}")
            except IntegrityError:
                print(
                    "원장 자체가 틀려 다시 계산할 수 없어요 / the book itself is wrong and cannot be replayed",
                    file=sys.stderr,
                )
        with cloud.database.read_moment() as conn:
            report = verify(conn)
        print(f"postings {report.postings} entries {report.entries} sum {report.entries_sum}")
        for found in report.findings:
            print(f"{found.rule} {found.row}: {found.detail}")
        return 0 if report.sound else EXIT_FAILED

    return _with_cloud(settings, check)


def _create_store(settings: Settings, args: argparse.Namespace) -> int:
    from cloud_api.stores.service import NewStore, Policy, create_store

    def make(cloud: Cloud) -> int:
        wanted = NewStore(args.name, args.brand, args.service_type, args.plan, args.grade)
        policy = _policy(args, Policy())
        profile = cloud.database.transact(lambda work: create_store(work, cloud.vault, wanted, policy))
        return _tell(args, profile.store_id, {"store_id": profile.store_id, "brand_id": profile.brand_id})

    return _with_cloud(settings, make)


def _set_policy(settings: Settings, args: argparse.Namespace) -> int:
    from cloud_api.stores.service import find_brand, policy_of, set_policy

    def change(cloud: Cloud) -> int:
        with cloud.database.read() as conn:
            brand_id = find_brand(conn, args.brand)
        if brand_id is None:
            return _refuse("없는 브랜드예요 / there is no such brand", EXIT_FAILED)
        made = cloud.database.transact(
            lambda work: set_policy(work, brand_id, _policy(args, policy_of(work.conn, brand_id)))
        )
        return _tell(args, f"policy version {made.version}", made.to_wire())

    return _with_cloud(settings, change)


def _policy(args: argparse.Namespace, now: Any) -> Any:
    from dataclasses import fields, replace

    named = {field.name: getattr(args, field.name, None) for field in fields(now)}
    return replace(now, **{name: value for name, value in named.items() if value is not None})


def _create_key(settings: Settings, args: argparse.Namespace) -> int:
    from cloud_api.integrators.service import create_key

    def make(cloud: Cloud) -> int:
        made = cloud.database.transact(lambda work: create_key(work, args.label))
        return _tell(args, made.key, {"key_id": made.key_id, "key": made.key})

    return _with_cloud(settings, make)


def _enrollment_code(settings: Settings, args: argparse.Namespace) -> int:
    from cloud_api.devices.enrollment import issue_code

    def make(cloud: Cloud) -> int:
        issued = cloud.database.transact(lambda work: issue_code(work, args.store, args.kind, args.label or ""))
        return _tell(args, issued.code, {"code": issued.code, "expires_ms": issued.expires_ms})

    return _with_cloud(settings, make)


def _revoke_device(settings: Settings, args: argparse.Namespace) -> int:
    from cloud_api.devices.enrollment import revoke

    def shut_out(cloud: Cloud) -> int:
        if not cloud.database.transact(lambda work: revoke(work, args.device)):
            return _refuse("없는 기기예요 / there is no such device", EXIT_FAILED)
        print(f"revoked {args.device}")
        return 0

    return _with_cloud(settings, shut_out)


def _set_opening(settings: Settings, args: argparse.Namespace) -> int:
    from cloud_api.stores.service import set_opening

    def tell(cloud: Cloud) -> int:
        if not cloud.database.transact(lambda work: set_opening(work, args.store, args.at)):
            return _refuse("없는 매장이에요 / there is no such store", EXIT_FAILED)
        print("opening " + ("none" if args.at is None else f"{args.at // 60:02d}:{args.at % 60:02d}"))
        return 0

    return _with_cloud(settings, tell)


def _employee(settings: Settings, args: argparse.Namespace) -> int:
    from cloud_api.errors import ApiError
    from cloud_api.staff import service as staff
    from rules.recovery import Role

    if args.action == "add" and not args.name:
        return _refuse("--name 이 필요해요 / --name is needed", EXIT_USAGE)
    if args.action not in ("add", "list") and not args.employee:
        return _refuse("--employee 가 필요해요 / --employee is needed", EXIT_USAGE)
    changes = {
        "allow": staff.Changes(may_recover=True),
        "forbid": staff.Changes(may_recover=False),
        "lift": staff.Changes(lift=True),
    }

    def work_on(cloud: Cloud) -> int:
        vault = cloud.vault
        try:
            if args.action == "list":
                with cloud.database.read() as conn:
                    people = [staff.shown(row) for row in staff.roster(conn, args.store)]
                for one in people:
                    _tell(args, f"{one['employee_id']} {one['role']} {one['name']}", one)
                return 0
            if args.action == "add":
                wanted = staff.NewEmployee(args.name, Role(args.role), _read_pin())
                made = cloud.database.transact(lambda work: staff.add(work, vault, args.store, wanted))
            elif args.action == "remove":
                made = cloud.database.transact(lambda work: staff.remove(work, args.store, args.employee))
            else:
                change = changes.get(args.action) or staff.Changes(pin=_read_pin())
                made = cloud.database.transact(
                    lambda work: staff.change(work, vault, args.store, args.employee, change)
                )
        except ApiError as error:
            return _refuse(f"{error.problem.korean} / {error.problem.english}", EXIT_FAILED)
        return _tell(args, made["employee_id"], made)

    return _with_cloud(settings, work_on)


def _read_pin() -> str:
    """Never an argument: those stand in the list of running programs and in the shell's history."""
    if sys.stdin.isatty():
        from getpass import getpass

        return getpass("PIN: ").strip()
    return sys.stdin.readline().strip()


def _printing_device(settings: Settings, args: argparse.Namespace) -> int:
    from cloud_api.devices.printing import name_printing_device

    def name(cloud: Cloud) -> int:
        prints = not args.none
        if not cloud.database.transact(lambda work: name_printing_device(work, args.device, prints=prints)):
            return _refuse("없는 기기예요 / there is no such device", EXIT_FAILED)
        print(f"printing {args.device}" if prints else "printing: the first that shows a request")
        return 0

    return _with_cloud(settings, name)


def _prune(settings: Settings, args: argparse.Namespace) -> int:
    from cloud_api.clock import DAY_MS
    from cloud_api.pruning import Keep, prune

    def forget(cloud: Cloud) -> int:
        keep = Keep(args.feed_days * DAY_MS, args.calls_days * DAY_MS, args.uploads_days * DAY_MS)
        gone = prune(cloud.database, cloud.clock(), keep)
        print(f"feed_rows {gone.feed_rows} nonces {gone.nonces} calls {gone.calls} uploads {gone.uploads}")
        return 0

    return _with_cloud(settings, forget)


def _expire(settings: Settings, _args: argparse.Namespace) -> int:
    from cloud_api.ledger.expiry import expire_all

    def book(cloud: Cloud) -> int:
        done = expire_all(cloud.database)
        print(f"lots {done.lots} points {done.points}")
        return 0

    return _with_cloud(settings, book)


def _adjust(settings: Settings, args: argparse.Namespace) -> int:
    from cloud_api.database import Work
    from cloud_api.integrators.service import Repeatable, once
    from cloud_api.ledger.adjustments import Proposal, propose

    def book(cloud: Cloud) -> int:
        member_id = _member_id(cloud, args)
        wanted = Proposal(args.store, member_id, args.points, args.reason, args.by)

        def write(work: Work) -> dict[str, Any]:
            if args.idempotency_key is None:
                return propose(work, wanted)
            call = Repeatable(COMMAND_KEY, "adjustment", args.idempotency_key, asdict(wanted))
            return once(work, call, lambda: propose(work, wanted))

        return _tell_adjustment(args, cloud.database.transact(write))

    return _with_cloud(settings, book)


def _adjustments(settings: Settings, args: argparse.Namespace) -> int:
    from cloud_api.ledger import adjustments

    if args.action != "list" and args.id is None:
        return _refuse("--id 가 필요해요 / --id is needed", EXIT_USAGE)
    if args.action in ("confirm", "refuse") and args.by is None:
        return _refuse("--by 가 필요해요 / --by is needed", EXIT_USAGE)

    def look_or_decide(cloud: Cloud) -> int:
        if args.action in ("confirm", "refuse"):
            act = adjustments.confirm if args.action == "confirm" else adjustments.refuse
            return _tell_adjustment(args, cloud.database.transact(lambda work: act(work, args.id, args.by)))
        with cloud.database.read() as conn:
            if args.action == "show":
                return _tell_adjustment(args, adjustments.show(conn, args.id, cloud.clock()))
            for found in adjustments.waiting(conn, cloud.clock()):
                _tell_adjustment(args, found)
        return 0

    return _with_cloud(settings, look_or_decide)


def _tell_adjustment(args: argparse.Namespace, found: dict[str, Any]) -> int:
    line = (
        f"{found['adjustment_id']} {found['state']} {found['points']:+d} by {found['proposed_by']}: {found['reason']}"
    )
    return _tell(args, line, found)


def _explain(settings: Settings, args: argparse.Namespace) -> int:
    from cloud_api.ledger.explain import explain

    def tell(cloud: Cloud) -> int:
        member_id = _member_id(cloud, args)
        with cloud.database.read_moment() as conn:
            found = explain(conn, member_id, cloud.clock(), most=args.limit)
        return _tell(args, "\n".join(_explained(found)), found)

    return _with_cloud(settings, tell)


def _explained(found: dict[str, Any]) -> Iterator[str]:
    shown = ("points_balance", "points_expired", "points_held", "debt")
    yield " ".join([f"member {found['member_id']}", *[f"{name} {found[name]}" for name in shown]])
    for account, points in found["opening"].items():
        if points:
            yield f"{'':19} {account} {points:+d} before what follows"
    for entry in found["entries"]:
        at = datetime.fromtimestamp(entry["at_ms"] / 1000, KOREA).strftime("%Y-%m-%d %H:%M:%S")
        causes = "; ".join(_causes(entry))
        yield f"{at} {entry['account']} {entry['amount']:+d} = {entry['running']}  {entry['kind']} {causes}"
    for account, sums in found["sums"].items():
        if sums:
            yield f"{account} {found['totals'][account]} = " + " ".join(f"{kind} {n:+d}" for kind, n in sums.items())


def _causes(entry: dict[str, Any]) -> Iterator[str]:
    """What led to an entry, in words."""
    yield f"{entry['store']['name']}, {entry['actor']}, posting {entry['posting_id']}"
    if receipt := entry["receipt"]:
        yield f"receipt {receipt['receipt_no'] or '-'} {receipt['paid_won']} won {receipt['fingerprint'] or '-'}"
    if done := entry["operation"]:
        yield f"operation {done['op_id']} of {done['device_label']} {done['device_id']} {done['epoch']}/{done['seq']}"
    if asked := entry["request"]:
        yield f"request {asked['request_id']} {asked['title']} {asked['state']}"
    if corrected := entry["adjustment"]:
        yield f"{corrected['reason']} ({corrected['proposed_by']}, {corrected['decided_by']})"
    if made := entry["lot_made"]:
        yield f"lot {made['points']}, of it left {made['remaining']}, until {_day(made['expires_ms'])}"
    for use in entry["lots_used"]:
        yield f"{use['points']} of lot {use['lot_posting_id']} until {_day(use['expires_ms'])}"


def _day(ms: int) -> str:
    from cloud_api.ledger.lots import NEVER_MS

    return "ever" if ms == NEVER_MS else datetime.fromtimestamp(ms / 1000, KOREA).strftime("%Y-%m-%d")


def _member_id(cloud: Cloud, args: argparse.Namespace) -> str:
    """The member that was named. Raises ApiError."""
    from cloud_api.errors import ApiError
    from cloud_api.members import service as members
    from rules.phone import Phone, parse_phone

    with cloud.database.read() as conn:
        if args.phone is None:
            found = args.member if members.get(conn, cloud.vault, args.member) else None
        else:
            phone = parse_phone(args.phone)
            if not isinstance(phone, Phone):
                raise ApiError("phone_invalid")
            found = members.find(conn, cloud.vault, [phone]).get(phone)
    if found is None:
        raise ApiError("member_unknown")
    return str(found)


def _parked(settings: Settings, args: argparse.Namespace) -> int:
    from functools import partial

    from cloud_api.gateway.parked import list_aside, replay

    def show(cloud: Cloud) -> int:
        with cloud.database.read() as conn:
            aside = list_aside(conn)
        if args.action == "list":
            for found in aside:
                print(json.dumps(asdict(found)) if args.json else found)
            return 0
        parked = [found for found in aside if found.status == "parked"]
        results = [cloud.database.transact(partial(replay, vault=cloud.vault, aside=found)) for found in parked]
        done = sum(result is not None for result in results)
        return _tell(
            args, f"replayed {done} still parked {len(parked) - done}", {"replayed": done, "parked": len(parked) - done}
        )

    return _with_cloud(settings, show)


def _rotate_keys(settings: Settings, args: argparse.Namespace) -> int:
    import time

    from cloud_api import rotation

    def rotate(cloud: Cloud) -> int:
        with rotation.alone(settings.secret_file):
            if args.retire:
                left = rotation.retire(cloud.database, cloud.vault, settings.secret_file, cloud.clock())
                if not left.nothing:
                    return _refuse(f"예전 키가 아직 필요해요 / older keys are still needed: {left}", EXIT_FAILED)
                return _tell(args, "retired", {"retired": True})
            if not rotation.under_way(cloud.vault):
                rotation.add_keys(settings.secret_file, cloud.clock())
                cloud.vault.refresh()
            noticed_ms = cloud.vault.keys.added_ms + rotation.NOTICED_WITHIN_MS
            time.sleep(max(noticed_ms - cloud.clock(), 0) / 1000)
            done = rotation.rewrite(cloud.database, cloud.vault)
        return _tell(args, str(done), {"fields": done.fields, "members": done.members, "broken": done.broken})

    return _with_cloud(settings, rotate)


def _mark_restored(settings: Settings, _args: argparse.Namespace) -> int:
    from cloud_api.gateway.feeds import next_generation

    def mark(cloud: Cloud) -> int:
        print(f"generation {cloud.database.transact(next_generation)}")
        return 0

    return _with_cloud(settings, mark)


def _with_cloud(settings: Settings, job: Callable[[Cloud], int]) -> int:
    from cloud_api.bootstrap import opened

    with opened(settings, checkpoints=False) as cloud:
        return job(cloud)


def _tell(args: argparse.Namespace, text: str, content: dict[str, Any]) -> int:
    print(json.dumps(content) if args.json else text)
    return 0


def _refuse(text: str, code: int) -> int:
    print(text, file=sys.stderr)
    return code


_VERBS: dict[str, Callable[[Settings, argparse.Namespace], int]] = {
    "migrate": _migrate,
    "verify": _verify,
    "create-store": _create_store,
    "set-policy": _set_policy,
    "create-key": _create_key,
    "enrollment-code": _enrollment_code,
    "revoke-device": _revoke_device,
    "set-opening": _set_opening,
    "employee": _employee,
    "printing-device": _printing_device,
    "prune": _prune,
    "expire": _expire,
    "adjust": _adjust,
    "adjustments": _adjustments,
    "explain": _explain,
    "parked": _parked,
    "mark-restored": _mark_restored,
    "rotate-keys": _rotate_keys,
}
