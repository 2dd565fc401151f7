"""``withfom cloud`` adjust, adjustments and explain: a member's points by hand, and why they are what they are."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

from withfom.commands.cloud.speaking import (
    EXIT_USAGE,
    Verb,
    member_options,
    refuse,
    short_text,
    signed_number,
    tell,
    verb,
    whole_number,
    with_cloud,
)

if TYPE_CHECKING:
    from cloud_api.bootstrap import Cloud
    from cloud_api.settings import Settings

COMMAND_KEY = "command"  # whose idempotency keys these are; integrators have ids of their own
KOREA = timezone(timedelta(hours=9))


def register(verbs: Any) -> dict[str, Verb]:
    """Adds these verbs; answers what runs them."""
    adjust = verb(verbs, "adjust", "포인트 조정 / correct a member's points by hand", prints_json=True)
    adjust.add_argument("--store", required=True, type=short_text, help="store id")
    member_options(adjust)
    adjust.add_argument(
        "--points", required=True, type=signed_number(1_000_000_000), help="음수는 차감 / below 0 takes away"
    )
    adjust.add_argument("--reason", required=True, type=short_text)
    adjust.add_argument("--by", required=True, type=short_text, help="담당자 / who")
    adjust.add_argument("--idempotency-key", type=short_text, help="같은 키는 한 번만 / the same key books once")

    decide = verb(verbs, "adjustments", "조정 확인 / corrections that wait for a second person", prints_json=True)
    decide.add_argument("action", choices=("list", "show", "confirm", "refuse"))
    decide.add_argument("--id", type=short_text, help="adjustment id")
    decide.add_argument("--by", type=short_text, help="담당자 / who")

    why = verb(verbs, "explain", "잔액 설명 / why a member's balance is what it is", prints_json=True)
    member_options(why)
    why.add_argument("--limit", type=whole_number(100_000, lowest=1), default=1_000, help="newest entries")
    return {"adjust": _adjust, "adjustments": _adjustments, "explain": _explain}


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

    return with_cloud(settings, book)


def _adjustments(settings: Settings, args: argparse.Namespace) -> int:
    from cloud_api.ledger import adjustments

    if args.action != "list" and args.id is None:
        return refuse("--id 가 필요해요 / --id is needed", EXIT_USAGE)
    if args.action in ("confirm", "refuse") and args.by is None:
        return refuse("--by 가 필요해요 / --by is needed", EXIT_USAGE)

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

    return with_cloud(settings, look_or_decide)


def _tell_adjustment(args: argparse.Namespace, found: dict[str, Any]) -> int:
    line = (
        f"{found['adjustment_id']} {found['state']} {found['points']:+d} by {found['proposed_by']}: {found['reason']}"
    )
    return tell(args, line, found)


def _explain(settings: Settings, args: argparse.Namespace) -> int:
    from cloud_api.ledger.explain import explain

    def look(cloud: Cloud) -> int:
        member_id = _member_id(cloud, args)
        with cloud.database.read_moment() as conn:
            found = explain(conn, member_id, cloud.clock(), most=args.limit)
        return tell(args, "\n".join(_explained(found)), found)

    return with_cloud(settings, look)


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
