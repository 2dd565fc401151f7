"""How long records are kept: RBA-15, RBA-24."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from cloud_api.jobs import records
from cloud_api.jobs.records import forget_records, oldest_kept_ms
from rules.calendar import DAY_MS, moment_ms
from rules.permissions import Record
from tests.cloud_api.world import Device, World


@pytest.mark.parametrize(
    ("record", "today", "kept_from"),
    [
        (Record.OPERATION_LOG, date(2028, 10, 9), date(2025, 10, 10)),
        (Record.OPERATION_LOG, date(2031, 2, 28), date(2028, 3, 1)),  # what is of a leap day goes on the 28th
        (Record.OPERATION_LOG, date(2031, 2, 27), date(2028, 2, 28)),
        (Record.TRANSACTION, date(2030, 12, 31), date(2026, 1, 1)),
    ],
)
def test_from_which_day_on_records_are_kept(record: Record, today: date, kept_from: date) -> None:
    """RBA-15: the whole day in Korea."""
    for minute in (0, 1_439):
        assert oldest_kept_ms(record, moment_ms(today, minute)) == moment_ms(kept_from, 0)


def _decided(world: World, device: Device) -> str:
    member = world.member()
    request_id = str(world.ask_coupon(member, world.coupon(member))["request_id"])
    device.push(device.seen(request_id), device.decide(request_id))
    return request_id


def _logged(world: World) -> list[str]:
    entries = world.ok("GET", f"/v1/stores/{world.store.store_id}/operation-log")["entries"]
    return [entry["request_id"] for entry in entries]


def _count(world: World, table: str) -> int:
    with world.cloud.database.read() as conn:
        return int(conn.execute(text(f"SELECT count(*) FROM {table}")).scalar_one())


def _contents(world: World) -> int:
    with world.cloud.database.read() as conn:
        return int(conn.execute(text("SELECT count(*) FROM device_op WHERE length(sealed) > 0")).scalar_one())


def test_the_log_of_what_people_did_goes_after_three_years_and_not_a_day_earlier(world: World) -> None:
    """RBA-15, RBA-24: not by anybody's hand either."""
    device = world.device()
    world.clock.now_ms = moment_ms(date(2025, 10, 9), 1_439)
    old = _decided(world, device)
    world.clock.now_ms = moment_ms(date(2025, 10, 10), 0)
    young = _decided(world, device)
    audited = _count(world, "audit_log")

    world.clock.now_ms = moment_ms(date(2028, 10, 8), 1_439)
    forget_records(world.cloud.database, world.clock)
    assert _logged(world) == [young, old]
    world.clock.now_ms = moment_ms(date(2028, 10, 9), 0)
    for _ in range(2):
        forget_records(world.cloud.database, world.clock)

    assert _logged(world) == [young]
    for statement in ("DELETE FROM operation_log", "UPDATE operation_log SET actor_name = 'x'"):
        with pytest.raises(DBAPIError, match="append-only"):
            world.cloud.database.transact(lambda work, sql=statement: work.conn.execute(text(sql)))
    assert _count(world, "audit_log") == audited


def test_contents_of_operations_go_after_five_years_what_is_parked_stays_and_the_book_with_it(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """RBA-15"""
    monkeypatch.setattr(records, "ROWS_AT_ONCE", 2)  # several steps
    device = world.device()
    world.clock.now_ms = moment_ms(date(2025, 12, 31), 1_439)
    device.push(*[device.earn(paid_won=10_000) for _ in range(5)])
    assert device.result(device.op("from.the.future", {}))["status"] == "parked"
    world.clock.now_ms = moment_ms(date(2026, 1, 1), 0)
    young = device.earn(paid_won=10_000)
    device.push(young)

    world.clock.now_ms = moment_ms(date(2030, 12, 30), 1_439)
    forget_records(world.cloud.database, world.clock)
    assert _contents(world) == 7
    world.clock.now_ms = moment_ms(date(2030, 12, 31), 0)
    forget_records(world.cloud.database, world.clock)

    assert (_contents(world), _count(world, "device_op")) == (2, 7)
    world.assert_book_is_sound()
    assert device.result(device.earn(paid_won=5_000))["status"] == "applied"


def test_an_invitation_is_forgotten_after_a_month(world: World) -> None:
    """RBA-15: it has somebody's name."""
    world.employ("정민아", "owner")
    path = f"/v1/stores/{world.store.store_id}/invitations"
    world.ok("POST", path, {"name": "이지은", "phone": "010-1234-5678"})
    world.clock.advance(30 * DAY_MS)
    forget_records(world.cloud.database, world.clock)
    assert _count(world, "staff_invitation") == 1

    world.clock.advance(1)
    forget_records(world.cloud.database, world.clock)

    assert _count(world, "staff_invitation") == 0
