"""Explaining a balance: each entry leads back to what happened, and the sums add up to what is shown (PNT-01)."""

from __future__ import annotations

from typing import Any

from cloud_api.clock import DAY_MS
from cloud_api.ledger.expiry import expire_all
from tests.cloud_api.world import World, new_id


def _told(world: World, member: str, **query: int) -> Any:
    asked = "&".join(f"{name}={value}" for name, value in query.items())
    found = world.ok("GET", f"/v1/members/{member}/explain?{asked}")
    _assert_adds_up(world, member, found)
    return found


def _assert_adds_up(world: World, member: str, found: Any) -> None:
    """Opening, entries, running balances, sums by kind and the wallet all tell the same."""
    running = dict(found["opening"])
    for entry in found["entries"]:
        running[entry["account"]] += entry["amount"]
        assert entry["running"] == running[entry["account"]]
        if entry["account"] == "member":
            made = entry["lot_made"]["points"] if entry["lot_made"] else 0
            assert entry["amount"] == made - sum(use["points"] for use in entry["lots_used"])
    assert running == found["totals"] == {kind: sum(sums.values()) for kind, sums in found["sums"].items()}
    wallet = world.wallet(member)
    assert found["totals"]["member"] == wallet["points_balance"] + found["points_expired"]
    assert (found["totals"]["member_hold"], -found["totals"]["member_debt"]) == (wallet["points_held"], wallet["debt"])
    for name in ("points_balance", "points_held", "debt"):
        assert found[name] == wallet[name]


def test_every_entry_leads_back_to_operation_receipt_request_and_person(world: World) -> None:
    """PNT-01: store, medium, receipt, time and actor of every entry."""
    device, member = world.device(), world.member()
    earned = device.earn(45_000, fingerprint="f1", receipt_no="0042")
    assert device.result(earned)["status"] == "applied"
    asked = world.ask_points(member, 120)
    decided = device.decide(asked["request_id"])
    device.push(decided)
    cancelled = device.reverse(sale_fingerprint="f1", amount_won=45_000)
    device.push(cancelled)
    body = {"store_id": world.store.store_id, "member_id": member, "points": 500, "reason": "누락분", "by": "김본사"}
    world.ok("POST", "/v1/adjustments", body | {"idempotency_key": new_id("adjust")})

    found = _told(world, member)

    lines = [(row["account"], row["kind"], row["amount"], row["running"]) for row in found["entries"]]
    assert lines == [
        ("member", "earn", 450, 450),
        ("member", "hold", -120, 330),
        ("member_hold", "hold", 120, 120),
        ("member_hold", "capture", -120, 0),
        ("member", "reversal", -330, 0),
        ("member_debt", "reversal", -120, -120),
        ("member_debt", "adjustment", 120, 0),
        ("member", "adjustment", 380, 380),
    ]
    earn, hold, _, capture, reversal, _, _, adjustment = found["entries"]
    operation = earn["operation"]
    assert (
        operation["op_id"],
        operation["device_id"],
        operation["device_label"],
        operation["epoch"],
        operation["seq"],
    ) == (
        earned["op_id"],
        device.device_id,
        "카운터 PC",
        1,
        1,
    )
    assert earn["store"] == {
        "store_id": world.store.store_id,
        "name": "합정점",
        "brand_id": world.store.brand_id,
    }
    assert (earn["receipt"]["receipt_no"], earn["receipt"]["fingerprint"]) == ("0042", "f1")
    assert (earn["receipt"]["paid_won"], earn["receipt"]["status"], earn["actor"]) == (45_000, "reversed", "staff:1")
    expires_ms = world.clock() + 1_827 * DAY_MS
    assert earn["lot_made"] == {"expires_ms": expires_ms, "points": 450, "remaining": 0}
    assert hold["lots_used"] == [{"lot_posting_id": earn["posting_id"], "expires_ms": expires_ms, "points": 120}]
    assert (hold["operation"], hold["actor"], hold["request"]["request_id"]) == (None, "consumer", asked["request_id"])
    assert (capture["operation"]["op_id"], capture["request"]["state"]) == (decided["op_id"], "approved")
    assert (reversal["operation"]["op_id"], reversal["reverses_id"]) == (cancelled["op_id"], earn["posting_id"])
    assert reversal["receipt"]["receipt_no"] == "0042"
    assert (adjustment["adjustment"]["reason"], adjustment["adjustment"]["proposed_by"]) == ("누락분", "김본사")
    assert found["sums"] == {
        "member": {"earn": 450, "hold": -120, "reversal": -330, "adjustment": 380},
        "member_hold": {"hold": 120, "capture": -120},
        "member_debt": {"reversal": -120, "adjustment": 120},
    }


def test_what_expired_is_explained_before_and_after_it_was_booked(world: World) -> None:
    """PNT-17."""
    device, member = world.device(), world.member()
    device.push(device.earn(1000))
    world.clock.advance(1_827 * DAY_MS)

    before = _told(world, member)
    assert (before["points_balance"], before["points_expired"], before["totals"]["member"]) == (0, 10, 10)
    expire_all(world.cloud.database)
    after = _told(world, member)

    assert (after["points_balance"], after["points_expired"], after["totals"]["member"]) == (0, 0, 0)
    assert (after["entries"][-1]["kind"], after["entries"][-1]["lots_used"][0]["points"]) == ("expiry", 10)


def test_the_newest_entries_start_from_what_was_before(world: World) -> None:
    device, member = world.device(), world.member()
    device.push(*[device.earn(1000 * n) for n in range(1, 8)])

    found = _told(world, member, limit=3)

    assert [(row["amount"], row["running"]) for row in found["entries"]] == [(50, 150), (60, 210), (70, 280)]
    assert found["opening"] == {"member": 100, "member_hold": 0, "member_debt": 0}


def test_a_member_without_entries_and_nobody_are_told(world: World) -> None:
    assert _told(world, world.member())["entries"] == []
    answer = world.call("GET", "/v1/members/nobody/explain")
    assert (answer.status_code, answer.json()["code"]) == (404, "member_unknown")
    assert world.call("GET", f"/v1/members/{world.member()}/explain?limit=0").status_code == 422
