"""Every kind of notice has somebody who tells it: NTF-01 to 03, 11."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path
from typing import Any

import pytest

import cloud_api
from cloud_api.orders.due import tell_due
from rules.calendar import DAY_MS, moment_ms
from rules.messages import Cause, told_of
from rules.notices import REQUESTS_THEMSELVES, WITHOUT_AN_EVENT, NoticeKind
from rules.recovery import Limit
from rules.waiting import MAKING_LEAD_MS
from tests.cloud_api.test_notice_centre import bell, hq, path
from tests.cloud_api.world import World

THURSDAY = date(2025, 10, 16)


def test_every_kind_is_told_by_somebody_or_cannot_happen() -> None:
    """NTF-01, NTF-02: a kind that nobody sends is either the request itself or about what does not exist here."""
    named: set[str] = set()
    for source in Path(cloud_api.__file__).parent.rglob("*.py"):
        named |= set(re.findall(r"\b(?:NoticeKind|kinds)\.([A-Z_]+)\b", source.read_text()))
    sent = {NoticeKind[name] for name in named} | {NoticeKind(limit.value) for limit in Limit}
    sent |= {kind for cause in Cause for stamps in (False, True) if (kind := told_of(cause, stamps=stamps)) is not None}

    assert set(NoticeKind) - sent == REQUESTS_THEMSELVES | WITHOUT_AN_EVENT
    assert not REQUESTS_THEMSELVES & WITHOUT_AN_EVENT


def terms(world: World, **changes: Any) -> Any:
    return world.ok("POST", f"/v1/stores/{world.store.store_id}/terms", {"reason": "심사", **changes})


def test_an_owner_is_told_of_another_grade_of_the_store_and_only_of_another(world: World) -> None:
    """NTF-02, NTF-03, GRD-19: low, for the owner; nothing where the grade stays."""
    terms(world, grade="silver")
    terms(world, grade="silver")
    terms(world, plan="plus")

    [told] = bell(world)
    assert (told["kind"], told["priority"], told["for_owner"], told["count"]) == ("grade_change", "low", True, 1)
    assert told["details"] == {"before": "normal", "grade": "silver"}
    assert hq(world) == []


def test_a_payment_beyond_all_others_is_an_anomaly_and_earns_all_the_same(world: World) -> None:
    """NTF-01, PNT-09: owner and head office look at it."""
    device = world.device()
    answer = device.result(device.earn(10_000_000))
    device.push(device.earn(9_999_999))

    assert answer["status"] == "applied"
    [told], [of_hq] = bell(world), hq(world)
    assert (told["kind"], told["priority"], told["for_owner"]) == ("anomaly", "medium", True)
    assert told["details"]["what"] == "large_payment" == of_hq["details"]["what"]
    assert told["details"]["paid_won"] == 10_000_000


def due(world: World) -> int:
    found: int = world.cloud.database.transact(tell_due)
    return found


def reserve(world: World, due_ms: int) -> str:
    return str(world.order(due_ms=due_ms)["order"]["order_id"])


def test_a_store_with_plus_hears_half_an_hour_before_that_an_order_is_due(world: World) -> None:
    """NTF-11, ORD-10: once, whoever asks how often; gone when the order is ready."""
    world.clock.now_ms = moment_ms(THURSDAY, 600)
    due_ms = moment_ms(THURSDAY, 900)
    device = world.device()
    terms(world, plan="plus")
    world.ok("POST", f"{path(world)}/notice-settings", {"switched_off": [], "advance_orders": True})
    order_id = reserve(world, due_ms)
    device.push(device.advance(order_id, "preparing"))
    world.clock.now_ms = due_ms - MAKING_LEAD_MS - 1
    assert due(world) == 0
    world.clock.advance(1)

    assert [due(world) for _ in range(2)] == [1, 0]

    [told] = bell(world)
    assert (told["kind"], told["priority"], told["for_owner"]) == ("order_due", "medium", False)
    assert told["details"] == {"order_id": order_id, "number": "101", "due_ms": due_ms}
    device.push(device.advance(order_id, "ready"))
    assert bell(world) == []
    assert due(world) == 0


@pytest.mark.parametrize(("plan", "wants"), [("plus", False), ("basic", True)])
def test_nobody_else_hears_of_it(world: World, plan: str, wants: bool) -> None:
    """NTF-11: who did not ask for it, and who has no Plus any more."""
    world.clock.now_ms = moment_ms(THURSDAY, 600)
    terms(world, plan="plus")
    world.ok("POST", f"{path(world)}/notice-settings", {"switched_off": [], "advance_orders": wants})
    terms(world, plan=plan)
    reserve(world, moment_ms(THURSDAY, 615))

    assert due(world) == 0
    assert bell(world) == []


def test_an_order_whose_time_is_over_is_told_no_more(world: World) -> None:
    """NTF-11"""
    world.clock.now_ms = moment_ms(THURSDAY, 600)
    terms(world, plan="premium")
    world.ok("POST", f"{path(world)}/notice-settings", {"switched_off": [], "advance_orders": True})
    reserve(world, moment_ms(THURSDAY, 660))
    world.clock.advance(DAY_MS)
    assert due(world) == 0
