"""How often a key may call: exactly its rate, whichever process answers."""

from __future__ import annotations

import itertools
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from cloud_api.integrators.keys import Grant, create_key
from cloud_api.integrators.rates import Meter
from tests.cloud_api.world import World


def limited(world: World, per_minute: int) -> tuple[str, str]:
    """Id and text of a key with this rate."""
    made = world.cloud.database.transact(lambda work: create_key(work, "v", Grant(rate_per_minute=per_minute)))
    return made.key_id, made.key


@pytest.mark.expect_log("rate_limited")
def test_a_key_calls_as_often_as_it_may_and_is_told_when_again(world: World) -> None:
    _, key = limited(world, 6)

    def call() -> Any:
        return world.call("GET", "/v1/jobs", authorization=f"Bearer {key}")

    answers = [call() for _ in range(7)]

    assert [answer.status_code for answer in answers] == [200] * 6 + [429]
    assert [answer.headers["ratelimit-remaining"] for answer in answers] == ["5", "4", "3", "2", "1", "0", "0"]
    assert {answer.headers["ratelimit-limit"] for answer in answers} == {"6"}
    assert (answers[6].json()["code"], answers[6].headers["retry-after"]) == ("rate_limited", "10")
    assert answers[6].headers["ratelimit-reset"] == "60"
    world.clock.advance(9_999)
    assert (call().status_code, call().headers["retry-after"]) == (429, "1")
    world.clock.advance(1)
    assert [call().status_code, call().status_code] == [200, 429]
    world.clock.advance(600_000)
    assert [call().status_code for _ in range(7)] == [200] * 6 + [429]
    assert world.call("GET", "/v1/jobs").status_code == 200, "another key has its own"


def test_a_key_without_a_limit_is_not_counted(front: World) -> None:
    """Keys from before there were limits."""
    _, key = limited(front, 0)

    answer = front.call("GET", "/v1/jobs", authorization=f"Bearer {key}")

    assert answer.status_code == 200
    assert "ratelimit-limit" not in answer.headers


@pytest.mark.thorough
def test_several_processes_together_give_a_key_its_rate_and_no_call_more(world: World) -> None:
    """Each process has its meter and they share the database; a lot that one of them keeps is all that is lost."""
    key_id, _ = limited(world, 1_000)
    meters = [Meter() for _ in range(4)]
    turns = itertools.cycle(meters)

    def take(meter: Meter) -> bool:
        return meter.take(world.cloud.database, key_id, 1_000).wait_s == 0

    with ThreadPoolExecutor(8) as pool:
        taken = sum(pool.map(take, [next(turns) for _ in range(1_400)]))

    assert taken == 1_000
    world.clock.advance(30_000)
    assert sum(take(meters[0]) for _ in range(700)) == 500
    alone = next(meter for meter in meters)
    world.clock.advance(60_000)
    assert take(meters[1])
    assert sum(take(alone) for _ in range(1_100)) == 995, "meters[1] keeps four of its lot of five"


def test_a_clock_that_goes_back_gives_nothing(world: World) -> None:
    key_id, _ = limited(world, 2)
    meter = Meter()
    assert [meter.take(world.cloud.database, key_id, 2).wait_s for _ in range(3)] == [0, 0, 30]
    world.clock.advance(-100_000)
    assert meter.take(world.cloud.database, key_id, 2).wait_s == 30
    world.clock.advance(30_000)
    assert meter.take(world.cloud.database, key_id, 2).wait_s == 0
