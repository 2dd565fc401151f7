"""Claim slips through an app: signed by the store, once, until their day, taken back by their cancel.

PNT-08, PNT-09.
"""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import Any

from cloud_api.ledger.verify import verify
from cloud_api.stores.service import store_key
from rules.claims import Claim, seal_claim
from tests.cloud_api.world import OTHER_PHONE, PHONE, World, new_id


def a_claim(world: World, **changes: Any) -> Claim:
    earn_id = new_id("earn")
    now_ms = world.cloud.clock()
    receipt = (f"receipt-{earn_id}", ("tag-1",), "0042", "01", 4_500)
    made = Claim(world.store.store_id, earn_id, *receipt, now_ms, now_ms + 86_400_000)
    return replace(made, **changes)


def sealed(world: World, claim: Claim) -> str:
    with world.cloud.database.read() as conn:
        return seal_claim(store_key(conn, world.cloud.vault, world.store.store_id), claim)


def use(world: World, slip: str, phone: str = PHONE, key: str = "") -> Any:
    return world.call("POST", "/v1/claims", {"slip": slip, "phone": phone, "idempotency_key": key or new_id("call")})


def sound(world: World) -> None:
    with world.cloud.database.read() as conn:
        report = verify(conn)
    assert report.sound, report


def test_a_slip_earns_once_and_leads_back_to_whoever_used_it(world: World) -> None:
    device = world.device()
    slip = sealed(world, claim := a_claim(world))

    answer = use(world, slip)

    assert answer.status_code == 201
    assert answer.json() == {
        "earn_id": claim.earn_id, "store_id": claim.store, "paid_won": 4_500, "points": 45,
    }  # fmt: skip
    again = use(world, slip, OTHER_PHONE)
    assert (again.status_code, again.json()["code"]) == (409, "claim_used")
    assert world.points(world.member()) == (45, 0, 0)
    (told,) = device.rows("earn")
    assert (told["earn_id"], told["status"], told["points"]) == (claim.earn_id, "posted", 45)
    explained = world.ok("GET", f"/v1/members/{world.member()}/explain")
    assert explained["entries"][0]["receipt"]["receipt_no"] == "0042"
    sound(world)


def test_the_same_call_again_has_the_same_answer(world: World) -> None:
    slip = sealed(world, a_claim(world))

    first, second = use(world, slip, key="claim-call-1"), use(world, slip, key="claim-call-1")

    assert first.json() == second.json()
    assert world.points(world.member()) == (45, 0, 0)


def test_a_receipt_that_earned_at_a_counter_earns_nothing_with_its_slip(world: World) -> None:
    """And the other way round: the counter hears that it was a duplicate."""
    device = world.device()
    claim, other = a_claim(world), a_claim(world)
    device.result(device.earn(paid_won=4_500, fingerprint=claim.fingerprint))
    assert use(world, sealed(world, claim)).json()["code"] == "claim_used"

    assert use(world, sealed(world, other)).status_code == 201
    late = device.result(device.earn(paid_won=4_500, fingerprint=other.fingerprint, phone=OTHER_PHONE))
    assert (late["status"], late["code"]) == ("rejected", "duplicate_receipt")
    assert world.points(world.member()) == (90, 0, 0)
    sound(world)


def test_a_slip_after_its_day_or_of_somebody_else_is_refused(world: World) -> None:
    late = a_claim(world, until_ms=world.cloud.clock() - 1)
    assert (use(world, sealed(world, late)).status_code, use(world, sealed(world, late)).json()["code"]) == (
        410,
        "claim_expired",
    )
    for slip in ("WFC1.AAAA", "BCDFGHJK", seal_claim(b"a made-up key", a_claim(world)), "\u202e"):
        assert use(world, slip).json()["code"] == "claim_unknown"
    elsewhere = seal_claim(b"k" * 32, a_claim(world, store="nowhere"))
    assert use(world, elsewhere).status_code == 404
    assert use(world, "").status_code == 422


def test_a_cancel_takes_back_what_a_slip_earned_also_when_it_comes_first(world: World) -> None:
    """PNT-16: also after the points were spent, then as a debt."""
    device = world.device()
    first, second = a_claim(world), a_claim(world, tags=("tag-2",))
    assert use(world, sealed(world, first)).status_code == 201
    device.result(device.reverse(sale_fingerprint=first.fingerprint, amount_won=4_500))
    assert world.points(world.member())[0] == 0

    device.result(device.reverse(sale_fingerprint=second.fingerprint, amount_won=4_500))
    assert use(world, sealed(world, second)).json()["code"] == "claim_used"
    assert world.points(world.member())[0] == 0
    sound(world)


def test_twelve_at_once_with_one_slip_earn_once(world: World) -> None:
    slip = sealed(world, a_claim(world))
    answers: list[int] = []
    hands = [
        threading.Thread(target=lambda n=n: answers.append(use(world, slip, f"0105555{n:04d}").status_code))  # type: ignore[misc]
        for n in range(12)
    ]
    for hand in hands:
        hand.start()
    for hand in hands:
        hand.join(60)

    assert sorted(answers) == [201] + [409] * 11
    sound(world)
