"""``withfom cloud`` create-store and what a store has: policy, opening, devices."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from withfom.commands.cloud.speaking import (
    EXIT_FAILED,
    Verb,
    minute_of_day,
    refuse,
    short_text,
    tell,
    verb,
    whole_number,
    with_cloud,
)

if TYPE_CHECKING:
    from cloud_api.bootstrap import Cloud
    from cloud_api.settings import Settings


def register(verbs: Any) -> dict[str, Verb]:
    """Adds these verbs; answers what runs them."""
    store = verb(verbs, "create-store", "매장 만들기 / make a store", prints_json=True)
    store.add_argument("--name", required=True, type=short_text)
    store.add_argument("--brand", required=True, type=short_text, help="브랜드 이름 / brand name, made when new")
    store.add_argument("--service-type", choices=("reward", "order", "composite"), default="composite")
    store.add_argument("--plan", default="free", type=short_text)
    store.add_argument("--grade", default="normal", type=short_text)
    _policy_options(store)

    policy = verb(verbs, "set-policy", "적립 정책 바꾸기 / change a brand's policy", prints_json=True)
    policy.add_argument("--brand", required=True, type=short_text, help="name or id")
    _policy_options(policy)

    code = verb(verbs, "enrollment-code", "기기 등록 코드 / a code for one new device", prints_json=True)
    code.add_argument("--store", required=True, type=short_text, help="store id")
    code.add_argument("--kind", choices=("agent", "tablet"), default="agent")
    code.add_argument("--label", type=short_text)

    revoke = verb(verbs, "revoke-device", "기기 등록 해지 / shut a device out")
    revoke.add_argument("--device", required=True, type=short_text, help="device id")

    opening = verb(verbs, "set-opening", "여는 시각 / when a store opens")
    opening.add_argument("--store", required=True, type=short_text, help="store id")
    opening.add_argument(
        "--at", required=True, type=minute_of_day, help="HH:MM, 24시간 매장: none / never closes: none"
    )

    printing = verb(verbs, "printing-device", "출력할 기기 / the device whose printer a store's slips come out of")
    printing.add_argument("--device", required=True, type=short_text, help="device id")
    printing.add_argument("--none", action="store_true", help="먼저 본 기기가 출력 / whoever shows a request first")
    return {
        "create-store": _create_store,
        "set-policy": _set_policy,
        "enrollment-code": _enrollment_code,
        "revoke-device": _revoke_device,
        "set-opening": _set_opening,
        "printing-device": _printing_device,
    }


def _policy_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--rate-bp", type=whole_number(10_000), default=None, help="100 = 1 %%")
    parser.add_argument("--minimum-payment-won", type=whole_number(1_000_000_000), default=None)
    parser.add_argument("--request-timeout-ms", type=whole_number(3_600_000, lowest=1_000), default=None)
    parser.add_argument(
        "--auto-approve-max-won", type=whole_number(1_000_000_000), default=None, help="0: 한도 없음 / 0: no limit"
    )
    parser.add_argument(
        "--lot-valid-days", type=whole_number(36_525), default=None, help="포인트 유효 일수, 0: 무기한 / 0: for ever"
    )
    parser.add_argument(
        "--adjustment-limit-points",
        type=whole_number(1_000_000_000),
        default=None,
        help="두 번째 사람이 필요한 조정 / above: two people",
    )
    parser.add_argument(
        "--use-unit", type=whole_number(100_000, lowest=1), default=None, help="포인트 사용 단위 / in points"
    )
    parser.add_argument(
        "--payment-max-percent",
        type=whole_number(100),
        default=None,
        help="한 번 결제에서 포인트로 낼 수 있는 비율 / of one payment that points may cover",
    )
    parser.add_argument(
        "--store-day-max-points",
        type=whole_number(1_000_000_000),
        default=None,
        help="매장에서 하루에 쓸 수 있는 포인트, 0: 한도 없음 / of all customers of a store in a day, 0: no limit",
    )
    offline = "인터넷이 끊겼을 때, 0은 끔 / without a line, 0 switches it off"
    parser.add_argument("--offline-store-day-won", type=whole_number(1_000_000_000), default=None, help=offline)
    parser.add_argument("--offline-member-won", type=whole_number(1_000_000_000), default=None, help=offline)
    parser.add_argument("--offline-snapshot-max-ms", type=whole_number(30 * 86_400_000), default=None, help=offline)


def _create_store(settings: Settings, args: argparse.Namespace) -> int:
    from cloud_api.stores.service import NewStore, Policy, create_store

    def make(cloud: Cloud) -> int:
        wanted = NewStore(args.name, args.brand, args.service_type, args.plan, args.grade)
        policy = _policy(args, Policy())
        profile = cloud.database.transact(lambda work: create_store(work, cloud.vault, wanted, policy))
        return tell(args, profile.store_id, {"store_id": profile.store_id, "brand_id": profile.brand_id})

    return with_cloud(settings, make)


def _set_policy(settings: Settings, args: argparse.Namespace) -> int:
    from cloud_api.stores.service import find_brand, policy_of, set_policy

    def change(cloud: Cloud) -> int:
        with cloud.database.read() as conn:
            brand_id = find_brand(conn, args.brand)
        if brand_id is None:
            return refuse("없는 브랜드예요 / there is no such brand", EXIT_FAILED)
        made = cloud.database.transact(
            lambda work: set_policy(work, brand_id, _policy(args, policy_of(work.conn, brand_id)))
        )
        return tell(args, f"policy version {made.version}", made.to_wire())

    return with_cloud(settings, change)


def _policy(args: argparse.Namespace, now: Any) -> Any:
    from dataclasses import fields, replace

    named = {field.name: getattr(args, field.name, None) for field in fields(now)}
    return replace(now, **{name: value for name, value in named.items() if value is not None})


def _enrollment_code(settings: Settings, args: argparse.Namespace) -> int:
    from cloud_api.devices.enrollment import issue_code

    def make(cloud: Cloud) -> int:
        issued = cloud.database.transact(lambda work: issue_code(work, args.store, args.kind, args.label or ""))
        return tell(args, issued.code, {"code": issued.code, "expires_ms": issued.expires_ms})

    return with_cloud(settings, make)


def _revoke_device(settings: Settings, args: argparse.Namespace) -> int:
    from cloud_api.devices.enrollment import revoke

    def shut_out(cloud: Cloud) -> int:
        if not cloud.database.transact(lambda work: revoke(work, args.device)):
            return refuse("없는 기기예요 / there is no such device", EXIT_FAILED)
        print(f"revoked {args.device}")
        return 0

    return with_cloud(settings, shut_out)


def _set_opening(settings: Settings, args: argparse.Namespace) -> int:
    from cloud_api.stores.service import set_opening

    def look(cloud: Cloud) -> int:
        if not cloud.database.transact(lambda work: set_opening(work, args.store, args.at)):
            return refuse("없는 매장이에요 / there is no such store", EXIT_FAILED)
        print("opening " + ("none" if args.at is None else f"{args.at // 60:02d}:{args.at % 60:02d}"))
        return 0

    return with_cloud(settings, look)


def _printing_device(settings: Settings, args: argparse.Namespace) -> int:
    from cloud_api.devices.printing import name_printing_device

    def name(cloud: Cloud) -> int:
        prints = not args.none
        if not cloud.database.transact(lambda work: name_printing_device(work, args.device, prints=prints)):
            return refuse("없는 기기예요 / there is no such device", EXIT_FAILED)
        print(f"printing {args.device}" if prints else "printing: the first that shows a request")
        return 0

    return with_cloud(settings, name)
