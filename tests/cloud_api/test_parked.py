"""Operations that were set aside: shown to a person, and booked after the fix by the code that books all others."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from cloud_api.gateway import operations
from cloud_api.gateway.parked import list_aside, replay
from cloud_api.ledger import earns
from cloud_api.settings import Settings
from tests.cloud_api.test_cloud_command import _run
from tests.cloud_api.world import Device, World, statuses


def _aside(world: World) -> list[tuple[str, str, int]]:
    with world.cloud.database.read() as conn:
        return [(found.status, found.code, found.seq) for found in list_aside(conn)]


def _replay(world: World) -> list[str | None]:
    with world.cloud.database.read() as conn:
        aside = [found for found in list_aside(conn) if found.status == "parked"]
    job = partial(replay, vault=world.cloud.vault)
    return [world.cloud.database.transact(partial(job, aside=found)) for found in aside]


@pytest.fixture
def tripped(world: World, monkeypatch: pytest.MonkeyPatch) -> tuple[Device, dict[str, Any], Callable[[], None]]:
    """A device whose second earn the server could not book, and what repairs the server."""
    real = earns._earn_row

    def trips(*args: object) -> object:
        row = real(*args)  # type: ignore[arg-type]
        if row.paid_won == 6660:
            raise ZeroDivisionError
        return row

    device = world.device()
    monkeypatch.setattr(earns, "_earn_row", trips)
    poison = device.earn(paid_won=6660, points=66)
    device.push(poison, device.earn())
    return device, poison, lambda: monkeypatch.setattr(earns, "_earn_row", real)


@pytest.mark.expect_log("op_parked")
def test_a_parked_operation_is_booked_after_the_fix_and_its_device_is_told(
    world: World, tripped: tuple[Device, dict[str, Any], Callable[[], None]]
) -> None:
    device, poison, repair = tripped
    member = world.member()
    assert _aside(world) == [("parked", "apply_failed", 1)]
    assert _replay(world) == [None]  # not repaired yet
    repair()

    assert _replay(world) == ["applied"]
    assert _replay(world) == []

    assert world.points(member) == (66 + 45, 0, 0)
    told = device.rows("op")
    assert told == [
        {"device_id": device.device_id, "epoch": 1, **device.result(poison)},
    ]
    assert told[0]["status"] == "applied"
    assert [row["op_id"] for row in device.rows("earn")].count(poison["op_id"]) == 1
    world.assert_book_is_sound()


@pytest.mark.expect_log("op_parked")
def test_a_parked_operation_that_came_from_two_places_is_booked_once(
    world: World, tripped: tuple[Device, dict[str, Any], Callable[[], None]]
) -> None:
    _device, poison, repair = tripped
    rebuilt = world.device()
    again = rebuilt.op(poison["kind"], poison["body"], op_id=poison["op_id"])
    assert statuses(rebuilt.push(again)) == ["parked"]
    repair()

    assert _replay(world) == ["applied", "applied"]

    assert world.points(world.member()) == (66 + 45, 0, 0)
    world.assert_book_is_sound()


def test_a_kind_that_is_learned_later_is_read_then(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    device, member = world.device(), world.member()
    asked = world.ask_coupon(member, world.coupon(member))
    later = device.op("request.shown", {"request_id": asked["request_id"]})
    assert device.result(later)["code"] == "unknown_kind"
    assert _replay(world) == [None]

    monkeypatch.setitem(operations._READERS, "request.shown", operations._seen)

    assert _replay(world) == ["applied"]
    assert world.request(asked["request_id"])["state"] == "seen"


@pytest.mark.expect_log("device_forked")
def test_the_command_shows_what_is_aside_and_replays(
    new_world: Callable[..., World], database_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    world = new_world()
    settings: Settings = world.cloud.settings
    named = ["--database", settings.database_url, "--folder", str(settings.secret_file.parent)]
    device = world.device()
    device.push(device.op("stamp.add", {"n": 1}))
    device.push(device.earn(), last_hash="f" * 64)

    code, out, err = _run(capsys, "parked", "list", *named)

    assert (code, err) == (0, "")
    assert [line.split()[:2] for line in out.splitlines()] == [["parked", "unknown_kind"], ["forked", "chain_broken"]]
    assert '"kind": "stamp.add"' in _run(capsys, "parked", "list", "--json", *named)[1]
    assert _run(capsys, "parked", "replay", *named) == (0, "replayed 0 still parked 1", "")
