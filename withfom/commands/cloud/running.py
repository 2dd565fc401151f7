"""``withfom cloud`` serve, migrate, verify and what keeps a cloud in order."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from withfom.commands.cloud.speaking import EXIT_FAILED, Verb, refuse, tell, verb, whole_number, with_cloud

if TYPE_CHECKING:
    from cloud_api.bootstrap import Cloud
    from cloud_api.settings import Settings

DEFAULT_PORT = 8000
PORT_MAX = 65_535
PRUNE_DAYS = 90
PRUNE_DAYS_MIN = 15  # devices keep what was acknowledged for fourteen


def register(verbs: Any) -> dict[str, Verb]:
    """Adds these verbs; answers what runs them."""
    serve = verb(verbs, "serve", "서버 실행 / run the server")
    serve.add_argument("--host", default="127.0.0.1")
    serve.add_argument("--port", type=_port, default=DEFAULT_PORT, help="0: any free port")
    serve.add_argument(
        "--workers",
        type=whole_number(64, lowest=1),
        default=1,
        help="프로세스 수, PostgreSQL / processes, PostgreSQL only",
    )
    serve.add_argument(
        "--trusted-proxy",
        action="append",
        metavar="ADDRESS",
        help="X-Forwarded-For를 믿을 프록시 주소 / a proxy whose X-Forwarded-For is believed; may be repeated",
    )
    serve.add_argument(
        "--webhook-host",
        action="append",
        metavar="HOST",
        help="웹훅을 https 없이 보내도 되는 내부 호스트 / a host inside that webhooks may go to; may be repeated",
    )
    serve.add_argument("--openapi", action="store_true", help="/openapi.json 공개 / publish the OpenAPI document")

    verb(verbs, "migrate", "데이터베이스 준비 / bring the database to the newest schema")

    prove = verb(verbs, "verify", "원장 검사 / prove the ledger")
    prove.add_argument("--rebuild", action="store_true", help="잔액 다시 계산 / recompute balances and lots first")

    old = verb(verbs, "prune", "오래된 것 지우기 / forget old feed rows, nonces, answers and uploads")
    days = whole_number(3_650, lowest=PRUNE_DAYS_MIN)
    for name in ("feed", "calls", "uploads"):
        old.add_argument(f"--{name}-days", type=days, default=PRUNE_DAYS, help=f"{PRUNE_DAYS_MIN}–3650")

    verb(verbs, "expire", "만료된 포인트 소멸 / book what has expired")

    aside = verb(verbs, "parked", "보류된 작업 / operations that were set aside", prints_json=True)
    aside.add_argument("action", choices=("list", "replay"))

    rotate = verb(verbs, "rotate-keys", "키 바꾸기 / new keys, and everything written anew", prints_json=True)
    rotate.add_argument("--retire", action="store_true", help="필요 없는 예전 키 지우기 / remove keys nothing needs")

    verb(verbs, "mark-restored", "백업 복원 알림 / say that the database was restored from a backup")
    return {
        "serve": _serve,
        "migrate": _migrate,
        "verify": _verify,
        "prune": _prune,
        "expire": _expire,
        "parked": _parked,
        "rotate-keys": _rotate_keys,
        "mark-restored": _mark_restored,
    }


def _port(text: str) -> int:
    return whole_number(PORT_MAX)(text)


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

    return with_cloud(settings, check)


def _prune(settings: Settings, args: argparse.Namespace) -> int:
    from cloud_api.clock import DAY_MS
    from cloud_api.pruning import Keep, prune

    def forget(cloud: Cloud) -> int:
        keep = Keep(args.feed_days * DAY_MS, args.calls_days * DAY_MS, args.uploads_days * DAY_MS)
        gone = prune(cloud.database, cloud.clock(), keep)
        print(f"feed_rows {gone.feed_rows} nonces {gone.nonces} calls {gone.calls} uploads {gone.uploads}")
        return 0

    return with_cloud(settings, forget)


def _expire(settings: Settings, _args: argparse.Namespace) -> int:
    from cloud_api.ledger.expiry import expire_all

    def book(cloud: Cloud) -> int:
        done = expire_all(cloud.database)
        print(f"lots {done.lots} points {done.points}")
        return 0

    return with_cloud(settings, book)


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
        return tell(
            args, f"replayed {done} still parked {len(parked) - done}", {"replayed": done, "parked": len(parked) - done}
        )

    return with_cloud(settings, show)


def _rotate_keys(settings: Settings, args: argparse.Namespace) -> int:
    import time

    from cloud_api import rotation

    def rotate(cloud: Cloud) -> int:
        with rotation.alone(settings.secret_file):
            if args.retire:
                left = rotation.retire(cloud.database, cloud.vault, settings.secret_file, cloud.clock())
                if not left.nothing:
                    return refuse(f"예전 키가 아직 필요해요 / older keys are still needed: {left}", EXIT_FAILED)
                return tell(args, "retired", {"retired": True})
            if not rotation.under_way(cloud.vault):
                rotation.add_keys(settings.secret_file, cloud.clock())
                cloud.vault.refresh()
            noticed_ms = cloud.vault.keys.added_ms + rotation.NOTICED_WITHIN_MS
            time.sleep(max(noticed_ms - cloud.clock(), 0) / 1000)
            done = rotation.rewrite(cloud.database, cloud.vault)
        return tell(args, str(done), {"fields": done.fields, "members": done.members, "broken": done.broken})

    return with_cloud(settings, rotate)


def _mark_restored(settings: Settings, _args: argparse.Namespace) -> int:
    from cloud_api.gateway.feeds import next_generation

    def mark(cloud: Cloud) -> int:
        print(f"generation {cloud.database.transact(next_generation)}")
        return 0

    return with_cloud(settings, mark)
