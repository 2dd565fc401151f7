"""Groups of members: by hand and by what they bought, as one person whatever they were before."""

from __future__ import annotations

from typing import Any

import pytest

from cloud_api.clock import DAY_MS
from tests.cloud_api.test_member_life import LEAVING
from tests.cloud_api.test_member_merge import THIRD_PHONE, merge
from tests.cloud_api.world import OTHER_PHONE, World


def make(world: World, **changes: Any) -> Any:
    body = {"name": "자주 오시는 분", "purpose": "감사 쿠폰"}
    return world.ok("POST", f"/v1/brands/{world.store.brand_id}/member-groups", body | changes)


def inside(world: World, group: Any) -> list[str]:
    return list(world.ok("GET", f"/v1/member-groups/{group['group_id']}")["member_ids"])


def test_a_group_is_made_of_who_bought_enough_within_its_days(world: World) -> None:
    """MEM-21: sums and visits over both numbers of one person; taken back sales and former members do not count."""
    counter = world.device()
    one, other, third = world.member(), world.member(OTHER_PHONE), world.member(THIRD_PHONE)
    counter.push(counter.earn(paid_won=9_000))
    world.clock.advance(10 * DAY_MS)
    back = counter.earn(paid_won=50_000, phone=THIRD_PHONE)
    counter.push(back, counter.earn(paid_won=6_000), counter.earn(paid_won=5_000, phone=OTHER_PHONE))
    counter.push(counter.reverse(earn_id=back["body"]["earn_id"], amount_won=50_000))
    foreign = world.device(world.new_store("다른 매장", "다른 커피"))
    foreign.push(foreign.earn(paid_won=90_000, phone=THIRD_PHONE))

    assert inside(world, make(world, bought={"days": 5, "paid_won": 6_000})) == [one]
    assert inside(world, make(world, bought={"days": 20, "paid_won": 15_000, "visits": 2})) == [one]
    both = make(world, bought={"days": 20, "paid_won": 1}, segment=True)
    assert (both["segment"], both["members"], inside(world, both)) == (True, 2, sorted([one, other]))
    merge(world, one, other)
    assert inside(world, both) == [other]
    assert inside(world, make(world, bought={"days": 20, "paid_won": 20_000, "visits": 3})) == [other]
    world.ok("POST", f"/v1/members/{other}/withdraw", LEAVING | {"by": "박상담"})
    assert inside(world, both) == []
    assert inside(world, make(world, bought={"days": 20, "paid_won": 1})) == []
    assert third


def test_members_are_put_into_groups_by_hand_and_taken_out(world: World) -> None:
    """MEM-21"""
    group = make(world)
    member_id = world.member()
    path = f"/v1/member-groups/{group['group_id']}/members"
    for _ in range(2):
        assert world.ok("POST", path, {"member_id": member_id})["members"] == 1
    assert world.ok("POST", path, {"member_id": member_id, "belongs": False})["members"] == 0
    world.ok("POST", f"/v1/members/{member_id}/withdraw", LEAVING)
    gone = world.call("POST", path, {"member_id": member_id})
    assert (gone.status_code, gone.json()["code"]) == (410, "member_gone")


@pytest.mark.parametrize(
    ("method", "path", "body", "code"),
    [
        ("POST", "/v1/brands/nobody/member-groups", {"name": "그룹"}, "brand_unknown"),
        ("GET", "/v1/member-groups/none", None, "group_unknown"),
        ("POST", "/v1/member-groups/none/members", {"member_id": "x"}, "group_unknown"),
    ],
)
def test_what_there_is_not_is_refused(world: World, method: str, path: str, body: Any, code: str) -> None:
    """MEM-21"""
    assert world.call(method, path, body).json()["code"] == code
