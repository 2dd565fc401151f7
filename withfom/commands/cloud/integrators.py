"""``withfom cloud`` create-key, keys, rotate-key, revoke-key: the keys of apps and POS makers."""

from __future__ import annotations

import argparse
import json
from typing import TYPE_CHECKING, Any

from withfom.commands.cloud.speaking import EXIT_USAGE, Verb, refuse, short_text, tell, verb, whole_number, with_cloud

if TYPE_CHECKING:
    from cloud_api.bootstrap import Cloud
    from cloud_api.settings import Settings

HOUR_MS = 3_600_000
OLD_HOURS_MAX = 24 * 90


def register(verbs: Any) -> dict[str, Verb]:
    """Adds these verbs; answers what runs them."""
    key = verb(verbs, "create-key", "연동 키 만들기 / make an integrator key", prints_json=True)
    key.add_argument("--label", required=True, type=short_text)
    key.add_argument(
        "--scope",
        action="append",
        metavar="NOUN:read|write",
        help="허용할 일, 없으면 모두 / may be repeated; without it: everything (earns:write, members:*)",
    )
    whose = key.add_mutually_exclusive_group()
    whose.add_argument("--brand", type=short_text, help="이 브랜드만, 이름이나 id / only this brand, its name or id")
    whose.add_argument("--store", type=short_text, help="이 매장만 / only this store, its id")
    key.add_argument(
        "--per-minute",
        type=whole_number(600_000),
        default=None,
        help="1분에 부를 수 있는 수, 기본 6000, 0: 한도 없음 / calls a minute, 6000 unless told, 0: no limit",
    )

    verb(verbs, "keys", "연동 키 목록 / every integrator key, without its text", prints_json=True)

    rotate = verb(verbs, "rotate-key", "연동 키의 글자 바꾸기 / another text for a key", prints_json=True)
    rotate.add_argument("--key-id", required=True, type=short_text)
    rotate.add_argument(
        "--old-hours",
        type=whole_number(OLD_HOURS_MAX),
        default=168,
        help="예전 글자를 받는 시간 / how long the old text is still taken",
    )

    revoke = verb(verbs, "revoke-key", "연동 키 없애기 / a key is none from now on")
    revoke.add_argument("--key-id", required=True, type=short_text)
    return {"create-key": _create, "keys": _list, "rotate-key": _rotate, "revoke-key": _revoke}


def _create(settings: Settings, args: argparse.Namespace) -> int:
    from cloud_api.integrators import scopes
    from cloud_api.integrators.keys import Grant, create_key
    from cloud_api.integrators.rates import DEFAULT_PER_MINUTE

    try:
        wanted = scopes.parse(args.scope or [scopes.ALL])
    except ValueError as error:
        return refuse(f"이런 권한은 없어요 / {error}", EXIT_USAGE)
    rate = DEFAULT_PER_MINUTE if args.per_minute is None else args.per_minute
    grant = Grant(wanted, args.brand, args.store, rate)

    def make(cloud: Cloud) -> int:
        made = cloud.database.transact(lambda work: create_key(work, args.label, grant))
        return tell(args, made.key, {"key_id": made.key_id, "key": made.key})

    return with_cloud(settings, make)


def _list(settings: Settings, args: argparse.Namespace) -> int:
    from cloud_api.integrators.keys import list_keys

    def show(cloud: Cloud) -> int:
        with cloud.database.read() as conn:
            found = list_keys(conn)
        if args.json:
            print(json.dumps({"keys": found}))
            return 0
        for one in found:
            state = "revoked" if one["revoked_ms"] is not None else "in use"
            whose = one["store_id"] or one["brand_id"] or "*"
            print(f"{one['key_id']} {state} {one['label']} [{' '.join(one['scopes'])}] {whose}")
        return 0

    return with_cloud(settings, show)


def _rotate(settings: Settings, args: argparse.Namespace) -> int:
    from cloud_api.integrators.keys import rotate_key

    def change(cloud: Cloud) -> int:
        made = cloud.database.transact(lambda work: rotate_key(work, args.key_id, old_for_ms=args.old_hours * HOUR_MS))
        return tell(args, made.key, {"key_id": made.key_id, "key": made.key})

    return with_cloud(settings, change)


def _revoke(settings: Settings, args: argparse.Namespace) -> int:
    from cloud_api.integrators.keys import revoke_key

    def end(cloud: Cloud) -> int:
        cloud.database.transact(lambda work: revoke_key(work, args.key_id))
        print(f"revoked {args.key_id}")
        return 0

    return with_cloud(settings, end)
