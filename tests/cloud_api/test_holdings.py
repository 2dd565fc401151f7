"""Snapshot, tally and bulk uploads: all that a new or doubting device needs, and what nothing waits for."""

from __future__ import annotations

import gzip
import hashlib
import hmac
import json
from base64 import urlsafe_b64decode
from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from cloud_api.clock import DAY_MS
from cloud_api.gateway.models import bulk_item
from cloud_api.gateway.uploads import place
from cloud_api.members.told import SEEN_MS
from cloud_api.stores.service import Policy, set_policy
from rules.calendar import local_day
from sync.protocol import tally_digest
from tests.cloud_api.world import OTHER_PHONE, PHONE, Device, World

BULK = "/v1/sync/bulk"


def _snapshot(device: Device, after: str = "") -> list[dict[str, Any]]:
    answer = device.get("/v1/sync/snapshot" + (f"?after={after}" if after else ""))
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/x-ndjson"
    return [json.loads(line) for line in answer.text.splitlines()]


def _bodies(lines: list[dict[str, Any]], kind: str) -> list[dict[str, Any]]:
    return [line["body"] for line in lines if line["kind"] == kind]


def _lookup(device: Device, phone: str) -> str:
    """What the device computes from the number that a customer types."""
    key = urlsafe_b64decode(device.welcome["store_key"] + "=")
    return hmac.new(key, b"phone:" + phone.encode(), hashlib.sha256).hexdigest()


def _upload(device: Device, body: bytes, **headers: str) -> httpx.Response:
    named = {"authorization": device.sign("POST", BULK, body), "content-type": "application/json"} | headers
    return device.world.http.post(BULK, content=body, headers=named)


def test_a_snapshot_gives_what_a_device_holds_and_where_to_go_on(world: World) -> None:
    device, member = world.device(), world.member()
    device.push(device.earn(), device.earn(phone=OTHER_PHONE))
    asked = world.ask_coupon(member, world.coupon(member))
    decided = world.ask_coupon(member, world.coupon(member))
    device.push(device.seen(asked["request_id"]), device.seen(decided["request_id"]))
    device.push(device.decide(decided["request_id"]))
    order = world.order()
    world.clock.advance(10_000)

    lines = _snapshot(device)

    begin, end = lines[0]["body"], lines[-1]["body"]
    assert [lines[0]["kind"], lines[-1]["kind"]] == ["begin", "end"]
    assert end["rows"] == len(lines) - 2
    assert device.pull(begin["cursor"])["rows"] == []
    assert _bodies(lines, "store") == [device.welcome["store"]]
    assert _bodies(lines, "policy") == [device.welcome["policy"]]
    assert {row["request_id"]: row["state"] for row in _bodies(lines, "request")} == {
        asked["request_id"]: "seen",
        decided["request_id"]: "approved",
        order["request"]["request_id"]: "requested",
    }
    assert world.points(member)[0] > 0
    seen = next(row for row in _bodies(lines, "request") if row["request_id"] == asked["request_id"])
    assert (seen["state"], seen["remaining_ms"]) == ("seen", 50_000)
    assert _bodies(lines, "order") == [order["order"]]
    members = _bodies(lines, "member")
    assert {row["lookup"]: (row["masked"], row["points"]) for row in members} == {
        _lookup(device, PHONE): ("010-****-5678", world.points(member)[0]),
        _lookup(device, OTHER_PHONE): ("010-****-4321", world.points(member)[0]),
    }
    assert PHONE[-8:] not in json.dumps(lines)


def test_a_snapshot_tells_of_earns_that_were_taken_back(world: World) -> None:
    """Another counter's cancel: the feed row may be gone, and no answer to an operation of this device says it."""
    here, there = world.device(), world.device()
    kept, taken = here.earn(), here.earn(phone=OTHER_PHONE)
    here.push(kept, taken)
    there.push(there.reverse(earn_id=taken["body"]["earn_id"]))

    assert _bodies(_snapshot(here), "earn") == [
        {
            "earn_id": taken["body"]["earn_id"],
            "op_id": taken["op_id"],
            "status": "reversed",
            "points": taken["body"]["points"],
            "code": None,
        }
    ]


def test_a_snapshot_that_was_cut_off_goes_on_behind_the_last_member(front: World) -> None:
    device = front.device()
    device.push(*[device.earn(phone=f"+821055500{index:03d}") for index in range(7)])
    whole = _bodies(_snapshot(device), "member")

    rest = _bodies(_snapshot(device, whole[3]["lookup"]), "member")

    assert [row["lookup"] for row in whole] == sorted(row["lookup"] for row in whole)
    assert rest == whole[4:]
    assert device.get("/v1/sync/snapshot?after=XYZ").status_code == 422


def test_a_snapshot_knows_the_members_of_its_own_store_and_of_thirteen_months(world: World) -> None:
    here = world.device()
    there = world.device(world.new_store("둘째 매장", "테스트 커피"))
    here.push(here.earn())
    world.clock.advance(SEEN_MS + DAY_MS)
    there.push(there.earn())
    here.push(here.earn(phone=OTHER_PHONE))

    assert [row["lookup"] for row in _bodies(_snapshot(here), "member")] == [_lookup(here, OTHER_PHONE)]
    assert [row["lookup"] for row in _bodies(_snapshot(there), "member")] == [_lookup(there, PHONE)]


def test_a_snapshot_travels_small(front: World) -> None:
    device = front.device()
    device.push(*[device.earn(phone=f"+821055500{index:03d}") for index in range(200)])
    target = "/v1/sync/snapshot"
    named = {"authorization": device.sign("GET", target, b""), "accept-encoding": "identity"}
    plain = front.http.get(target, headers=named)
    packed = device.get(target)

    assert "content-encoding" not in plain.headers
    assert packed.headers["content-encoding"] == "gzip"
    assert plain.text.splitlines()[1:] == packed.text.splitlines()[1:]
    assert len(gzip.compress(plain.content)) / 200 < 100


def test_a_tally_changes_with_what_a_device_should_hold_and_with_nothing_else(world: World) -> None:
    device, member = world.device(), world.member()

    def tally() -> dict[str, Any]:
        answer = device.get("/v1/sync/tally")
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    asked = world.ask_coupon(member, world.coupon(member))
    order = world.order()
    before = tally()
    held = [
        ("request", asked["request_id"], asked["version"]),
        ("order", order["order"]["order_id"], order["order"]["version"]),
        ("request", order["request"]["request_id"], order["request"]["version"]),
        ("policy", "policy", 1),
    ]
    assert before["digest"] == tally_digest(held) == tally_digest(reversed(held))
    assert (before["requests"], before["orders"], before["policy_version"]) == (2, 1, 1)
    assert (before["epoch"], before["last_seq"]) == (1, 0)
    device.push(device.earn())
    assert tally()["digest"] == before["digest"]
    assert tally()["last_seq"] == 1
    digests = {before["digest"]}
    for change in (
        lambda: device.push(device.seen(asked["request_id"])),
        lambda: device.push(device.decide(asked["request_id"])),
        lambda: world.cloud.database.transact(lambda work: set_policy(work, world.store.brand_id, Policy(rate_bp=5))),
    ):
        change()
        digests.add(tally()["digest"])
    assert len(digests) == 4
    world.clock.advance(3 * DAY_MS)
    assert tally()["orders"] == 1  # of another day, and not finished
    device.push(device.decide(order["request"]["request_id"]))
    device.push(device.advance(order["order"]["order_id"], "ready"))
    assert tally()["orders"] == 0


def test_uploads_are_kept_once_by_id_and_sealed(world: World) -> None:
    device = world.device()
    items = [{"id": f"r-{n}", "kind": "receipt.text", "body": {"text": f"라떼 {n}"}} for n in range(3)]
    raw = json.dumps({"items": items[:2]}).encode()

    first = _upload(device, raw)
    again = _upload(device, gzip.compress(json.dumps({"items": items}).encode()), **{"content-encoding": "gzip"})

    assert (first.json(), again.json()) == ({"kept": 2, "known": 0}, {"kept": 1, "known": 2})
    with world.cloud.database.read() as conn:
        rows = conn.execute(select(bulk_item).order_by(bulk_item.c.item_id)).all()
    opened = [json.loads(world.cloud.vault.open(row.sealed, place=place(row.device_id, row.item_id))) for row in rows]
    assert opened == [item["body"] for item in items]
    assert not any("라떼".encode() in row.sealed for row in rows)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"{}", 422),
        (b"[]", 422),
        (b"{", 400),
        (b'{"items":[{"id":"a","kind":"b"}]}', 422),
        (b'{"items":[{"id":"a b","kind":"b","body":1}]}', 422),
        (b'{"items":[{"id":"a","kind":"b","body":NaN}]}', 422),
        (json.dumps({"items": [{"id": "a", "kind": "b", "body": "x" * 20_000}]}).encode(), 413),
        (json.dumps({"items": [{"id": f"a{n}", "kind": "b", "body": n} for n in range(201)]}).encode(), 413),
        (b'{"items":[],"x":"' + b"x" * 300_000 + b'"}', 413),
    ],
)
def test_uploads_that_do_not_fit_are_refused_whole(front: World, body: bytes, status: int) -> None:
    device = front.device()
    mixed = body.replace(b'{"items":[', b'{"items":[{"id":"good","kind":"k","body":1},', 1) if status == 422 else body

    assert _upload(device, mixed).status_code == status
    with front.cloud.database.read() as conn:
        assert conn.execute(select(bulk_item)).all() == []


def test_all_three_are_for_devices_only_and_once(front: World) -> None:
    device = front.device()
    for target in ("/v1/sync/snapshot", "/v1/sync/tally"):
        assert front.call("GET", target).status_code == 401
        headers = {"authorization": device.sign("GET", target, b"")}
        assert front.http.get(target, headers=headers).status_code == 200
        assert front.http.get(target, headers=headers).json()["code"] == "replayed"
    body = b'{"items":[]}'
    headers = {"authorization": device.sign("POST", BULK, body), "content-type": "application/json"}
    assert [front.http.post(BULK, content=body, headers=headers).status_code for _ in range(2)] == [200, 401]


def test_a_snapshot_brings_the_reports_of_three_months_and_the_stock(world: World) -> None:
    """CUP-03, CUP-07, CUP-14: the bodies of the feed's rows, and the stock also of a store that received nothing."""
    device = world.device()
    fresh = _bodies(_snapshot(device), "stock")
    today = local_day(world.clock())
    for back in (0, 1, 92, 93):
        body = {"day": (today - timedelta(days=back)).isoformat(), "pieces": 80 + back, "written_ms": world.clock()}
        assert device.result(device.op("report.submit", body))["status"] == "applied"

    lines = _snapshot(device)

    told = sorted(device.rows("report"), key=lambda row: str(row["day"]))
    assert _bodies(lines, "report") == told[1:]
    assert [row["pieces"] for row in told] == [173, 172, 81, 80]
    assert [row["stock"] for row in fresh] == [0]
    stock = f"/v1/stores/{world.store.store_id}/stock"
    assert _bodies(lines, "stock") == [world.ok("GET", stock)]
