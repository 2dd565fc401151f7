"""Looking a member up: what the member has, in one exchange, by id and by number, whatever state the member is in."""

from __future__ import annotations

from typing import Any

from sqlalchemy import text

from cloud_api.clock import DAY_MS
from cloud_api.exchange import is_postgres
from cloud_api.members import benefits
from tests.cloud_api.test_member_life import LEAVING, _sleep
from tests.cloud_api.test_member_merge import merge
from tests.cloud_api.test_stamps import stamp_op, stamping
from tests.cloud_api.world import OTHER_PHONE, PHONE, World


def find(world: World, phone: str = PHONE) -> dict[str, Any]:
    found: dict[str, Any] = world.ok("POST", "/v1/members/find", {"phone": phone})
    return found


def test_a_number_finds_all_that_its_member_has(world: World) -> None:
    """MEM-01, MEM-22, MEM-30: points, those that end soon, coupons and cards, the number itself masked only."""
    counter = stamping(world)
    other = world.device(world.new_store("둘째 매장", "다른 커피"))
    counter.push(stamp_op(counter), stamp_op(counter))
    other.push(other.earn())
    world.clock.advance(1_800 * DAY_MS)
    other.push(other.earn(paid_won=10_000))
    member_id = find(world)["member_id"]
    usable, gone = world.coupon(member_id), world.coupon(member_id, valid_days=1)
    asked = world.ask_points(member_id, 20)
    world.clock.advance(2 * DAY_MS)

    found = find(world)

    assert (found["points_balance"], found["points_held"], found["debt"]) == (125, 20, 0)
    assert (found["points_expiring"], found["coupons_usable"]) == (25, 1)
    assert 0 < found["points_expiring_ms"] - world.clock() <= 25 * DAY_MS
    assert {one["coupon_id"]: one["state"] for one in found["coupons"]} == {usable: "available", gone: "expired"}
    assert [(one["place_id"], one["on_open_board"]) for one in found["stamp_cards"]] == [(world.store.store_id, 2)]
    assert found == world.wallet(member_id)
    assert PHONE[-8:] not in str(found)
    world.clock.advance(60 * DAY_MS)
    world.sweep()
    later = find(world)
    assert (later["points_balance"], later["points_expiring"], later["points_expiring_ms"]) == (100, 0, None)
    assert asked["request_id"]


def test_sleepers_and_further_numbers_are_found_and_former_members_are_not(world: World) -> None:
    """MEM-03, MEM-04, MEM-05, MEM-08"""
    one, other = world.member(), world.member(OTHER_PHONE)
    merge(world, one, other)
    assert find(world)["member_id"] == find(world, OTHER_PHONE)["member_id"] == other
    assert world.wallet(one)["merged_into"] == other
    _sleep(world, other)
    asleep = find(world)
    assert (asleep["member_id"], asleep["status"], asleep["phone_masked"]) == (other, "dormant", "010-****-4321")
    world.ok("POST", f"/v1/members/{other}/withdraw", LEAVING)
    for phone in (PHONE, OTHER_PHONE):
        refused = world.call("POST", "/v1/members/find", {"phone": phone})
        assert (refused.status_code, refused.json()["code"]) == (404, "member_unknown")
    assert world.wallet(other)["status"] == "withdrawn"


def test_a_look_up_reads_by_keys_and_never_a_whole_table(world: World) -> None:
    """MEM-22: among twenty million members each of the three questions is a few index rows."""
    member_id = world.member()
    world.coupon(member_id)
    now = world.clock()
    with world.cloud.database.read() as conn:
        postgres = is_postgres(conn)
        if postgres:
            conn.execute(text("SET LOCAL enable_seqscan = off"))
        lookup = conn.execute(text("SELECT phone_lookup FROM member")).scalar_one()
        plans = []
        for questions, value in ((benefits._BY_ID, member_id), (benefits._BY_LOOKUP, lookup)):
            for statement, rest in (
                (questions.wallet, [now, now + benefits.SOON_MS]),
                (questions.coupons, [now - benefits.COUPONS_BACK_MS, ""]),
                (questions.cards, []),
            ):
                plans.append(_plan(conn, postgres, statement, [value, *rest]))

    for plan in plans:
        assert "SCAN " not in plan.replace("SCAN CONSTANT ROW", "")
        assert "Seq Scan" not in plan


def _plan(conn: Any, postgres: bool, statement: Any, values: list[Any]) -> str:
    if not postgres:
        rows = conn.connection.driver_connection.execute(f"EXPLAIN QUERY PLAN {statement.sqlite}", values).fetchall()
        return "\n".join(str(row[3]) for row in rows)
    words = statement.postgres
    for place in range(len(values), 0, -1):
        value = values[place - 1]
        words = words.replace(f"${place}", f"'{value}'" if isinstance(value, str) else str(value))
    return "\n".join(str(row[0]) for row in conn.exec_driver_sql(f"EXPLAIN {words}"))
