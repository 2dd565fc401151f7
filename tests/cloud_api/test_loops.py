"""What runs beside the requests outlives everything that goes wrong in it (APR-07, I6)."""

from __future__ import annotations

import asyncio
import logging
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from cloud_api.database import Work
from cloud_api.loops import keep_at
from cloud_api.requests.sweeper import REST_MS, Resting, sweep
from cloud_api.settings import Settings
from rules.requests import NO_ACK_EXPIRE_MS, SWEEP_GRACE_MS, TIMEOUT_MS
from tests.cloud_api.world import World
from tests.helpers.waiting import wait_until

log = logging.getLogger("cloud")


@pytest.fixture
def sweeping(sqlite_template: Path, key_file: Path, tmp_path: Path) -> Iterator[World]:
    """A cloud whose sweeper runs by itself."""
    path = tmp_path / "cloud.db"
    shutil.copy(sqlite_template, path)
    with World(Settings(f"sqlite:///{path}", key_file, sweep_every_ms=10)) as made:
        yield made


def spoil(world: World, request_id: str) -> None:
    """It says that it holds a coupon, and there is none: nobody can finish it."""

    def job(work: Work) -> None:
        change = text("UPDATE request SET coupon_id = 'nowhere' WHERE request_id = :which")
        work.conn.execute(change, {"which": request_id})

    world.cloud.database.transact(job)


@pytest.mark.expect_log(r"sweep_failed")
def test_a_loop_goes_on_after_whatever_went_wrong() -> None:
    rounds = 0

    async def once() -> None:
        nonlocal rounds
        rounds += 1
        if rounds == 3:
            stopping.set()
        raise (LookupError("a bug"), OSError("no pool"), ValueError("the last"))[rounds - 1]

    stopping = asyncio.Event()
    asyncio.run(keep_at(once, stopping, every_ms=lambda: 0, log=log, word="sweep_failed"))

    assert rounds == 3


@pytest.mark.expect_log(r"request_not_finished")
def test_a_request_that_cannot_be_finished_keeps_no_other_one_waiting(sweeping: World) -> None:
    """APR-07, APR-18: neither those at their deadline nor those that nobody showed; in the server as it runs."""
    world, device = sweeping, sweeping.device()
    device.push(device.earn(paid_won=1_000_000))
    member = world.member()
    asked = [world.ask_points(member, 1_000)["request_id"] for _ in range(4)]
    for which in (asked[0], asked[2]):
        spoil(world, which)
    device.push(*(device.seen(which) for which in asked[:2]))

    world.clock.advance(max(TIMEOUT_MS + SWEEP_GRACE_MS, NO_ACK_EXPIRE_MS))

    wait_until(lambda: world.request(asked[1])["state"] == "auto_approved", "the sound one is approved")
    wait_until(lambda: world.request(asked[3])["state"] == "expired", "the unseen one is over")
    assert world.request(asked[0])["state"] == "seen"
    assert world.points(member) == (7_000, 2_000, 0)


@pytest.mark.expect_log(r"request_not_finished")
def test_what_could_not_be_finished_is_tried_again_every_minute(world: World) -> None:
    device = world.device()
    device.push(device.earn(paid_won=1_000_000))
    asked = world.ask_points(world.member(), 1_000)["request_id"]
    spoil(world, asked)
    device.push(device.seen(asked))
    world.clock.advance(TIMEOUT_MS + SWEEP_GRACE_MS)
    resting = Resting()

    def swept() -> int:
        return sweep(world.cloud.database, world.clock(), resting).auto_approved

    assert swept() == 0
    world.cloud.database.transact(lambda work: work.conn.execute(text("UPDATE request SET coupon_id = NULL")))
    assert swept() == 0, "it rests"
    world.clock.advance(REST_MS)
    assert swept() == 1
    world.assert_book_is_sound()
