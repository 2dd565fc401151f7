"""Jobs: each once, in portions, by whichever process; CUP-08, NTF-06, CPN-20, RBA-15 go out on time."""

from __future__ import annotations

import threading
import time
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from cloud_api.clock import Clock
from cloud_api.database import Database
from cloud_api.jobs.catalogue import JOBS, long_jobs
from cloud_api.jobs.runner import LEASE_MS, RETRY_MS, Job, Runner
from cloud_api.jobs.schedule import Daily, Every
from cloud_api.settings import Settings
from rules.calendar import moment_ms
from tests.cloud_api.world import Device, World
from tests.helpers.waiting import wait_until

MONDAY = date(2025, 10, 13)


class Pile:
    """Something to be done in portions, which may fail at one of them."""

    def __init__(self, portions: list[int], *, fails_at: int | None = None) -> None:
        self._portions = portions
        self._fails_at = fails_at
        self.done = 0

    def __call__(self, _database: Database, _clock: Clock) -> int:
        if self.done == self._fails_at:
            raise RuntimeError("the third portion does not fit")
        if self.done == len(self._portions):
            return 0
        self.done += 1
        return self._portions[self.done - 1]


def _runner(world: World, *jobs: Job, holder: str = "here") -> Runner:
    made = Runner(world.cloud.database, world.clock, jobs, holder=holder)
    made.run_due()  # enters what is new; nothing is due yet
    return made


def _seen(world: World, name: str) -> Any:
    return next(one for one in world.ok("GET", "/v1/jobs")["jobs"] if one["name"] == name)


@pytest.mark.parametrize(
    ("schedule", "now_minute", "due_minute"),
    [
        (Every(5), 0, 5),
        (Every(5), 4, 5),
        (Every(60), 61, 120),
        (Daily(240), 0, 240),
        (Daily(240), 240, 240 + 1_440),
        (Daily(0), 1_439, 1_440),
    ],
)
def test_when_a_job_is_due_again(schedule: Every | Daily, now_minute: int, due_minute: int) -> None:
    assert schedule.after(moment_ms(MONDAY, now_minute)) == moment_ms(MONDAY, due_minute)


def test_a_job_is_done_when_it_is_due_until_nothing_is_left(world: World) -> None:
    world.clock.now_ms = moment_ms(MONDAY, 0)
    pile = Pile([3, 4])
    runner = _runner(world, Job("pile", Every(5), pile))
    assert (runner.run_due(), pile.done) == (0, 0)

    world.clock.advance(300_000)

    assert (runner.run_due(), pile.done) == (1, 2)
    seen = _seen(world, "pile")
    assert (seen["done"], seen["failures"], seen["running"]) == (7, 0, False)
    assert seen["next_ms"] == moment_ms(MONDAY, 10)
    assert runner.run_due() == 0


def test_a_job_that_fails_is_tried_again_later_and_later_and_stops_no_other(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    bad, good = Pile([1, 1, 1], fails_at=2), Pile([1])
    runner = _runner(world, Job("bad", Every(5), bad), Job("good", Every(5), good))
    world.clock.advance(300_000)
    started_ms = world.clock()

    with caplog.at_level("CRITICAL", "jobs"):
        assert runner.run_due() == 1
        first = _seen(world, "bad")
        world.clock.advance(RETRY_MS)
        assert runner.run_due() == 0

    assert good.done == 1
    assert (first["failures"], first["next_ms"]) == (1, started_ms + RETRY_MS)
    assert first["error"] == "RuntimeError: the third portion does not fit"
    second = _seen(world, "bad")
    assert (second["failures"], second["next_ms"]) == (2, world.clock() + 2 * RETRY_MS)


def test_of_several_processes_one_does_it(world: World) -> None:
    counted: list[str] = []

    def count(who: str) -> Job:
        def portion(_database: Database, _clock: Clock) -> int:
            counted.append(who)
            time.sleep(0.02)  # the others look while it works
            return 0

        return Job("count", Every(5), portion)

    runners = [_runner(world, count(who), holder=who) for who in "abcdef"]
    world.clock.advance(300_000)
    threads = [threading.Thread(target=runner.run_due) for runner in runners]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(counted) == 1


def test_what_a_dead_process_left_is_taken_over_when_its_lease_ends(world: World) -> None:
    pile = Pile([1, 1, 1])

    def dies(database: Database, clock: Clock) -> int:
        pile(database, clock)
        raise SystemExit  # the process is gone in the middle

    first = _runner(world, Job("pile", Every(5), dies), holder="dead")
    second = _runner(world, Job("pile", Every(5), pile), holder="alive")
    world.clock.advance(300_000)
    with pytest.raises(SystemExit):
        first.run_due()

    world.clock.advance(LEASE_MS - 1)
    assert _seen(world, "pile")["running"] is True
    assert second.run_due() == 0
    world.clock.advance(1)
    assert second.run_due() == 1
    assert pile.done == 3


def test_a_holder_that_was_away_too_long_does_not_finish_for_another(world: World) -> None:
    slow_runner: Runner

    def slow(_database: Database, _clock: Clock) -> int:
        world.clock.advance(LEASE_MS)
        other.run_due()  # takes it over and finishes it
        return 1

    slow_runner = _runner(world, Job("pile", Every(5), slow), holder="slow")
    other = _runner(world, Job("pile", Every(5), Pile([5])), holder="other")
    world.clock.advance(300_000)

    assert slow_runner.run_due() == 0
    assert _seen(world, "pile")["done"] == 5


def test_a_person_makes_a_job_due(world: World) -> None:
    pile = Pile([2])
    runner = _runner(world, Job("pile", Daily(240), pile))

    assert world.call("POST", "/v1/jobs/pile/run").status_code == 202
    assert world.call("POST", "/v1/jobs/nothing/run").json()["code"] == "job_unknown"
    assert runner.run_due() == 1


# -- the cloud's own ------------------------------------------------------------------------------------------------


def _cafe(world: World) -> str:
    """Open from 08:00 to 22:00, closed on Wednesday, 15 October."""
    path = f"/v1/stores/{world.store.store_id}"
    hours = {"weekly": [[480, 1320]] * 7, "holidays": ["2025-10-15"]}
    world.clock.now_ms = moment_ms(MONDAY, 600)
    world.ok("POST", f"{path}/hours", hours)
    return path


def _reminded(device: Device) -> list[tuple[str, int]]:
    return [(row["day"], row["stage"]) for row in device.rows("notice") if row["kind"] == "report_missing"]


@pytest.mark.thorough
def test_a_store_is_reminded_three_times_and_never_of_what_it_reported_or_of_a_holiday(world: World) -> None:
    """CUP-08, NTF-02, NTF-06"""
    path, device = _cafe(world), world.device()
    world.ok("POST", f"{path}/reports", {"day": "2025-10-12", "pieces": 5, "actor": "점주"})
    runner = _runner(world, *(one for one in JOBS if one.name == "report-reminders"))
    at: list[tuple[int, list[tuple[str, int]]]] = []
    for minute in range(600, 4 * 1_440, 30):
        world.clock.now_ms = moment_ms(MONDAY, minute)
        before = len(at[-1][1]) if at else 0
        runner.run_due()
        now = _reminded(device)
        if len(now) > before:
            at.append((minute, now))
        if minute == 1_440 + 1_200:  # Tuesday evening, before its first reminder
            world.ok("POST", f"{path}/reports", {"day": "2025-10-14", "pieces": 90, "actor": "점주"})

    assert [(minute, now[-1]) for minute, now in at] == [
        (1_290, ("2025-10-13", 1)),
        (1_440, ("2025-10-13", 2)),
        (1_440 + 600, ("2025-10-13", 3)),
        (3 * 1_440 + 1_290, ("2025-10-16", 1)),
    ]


def test_a_server_that_was_off_reminds_of_the_newest_stage_only(world: World) -> None:
    """CUP-08"""
    _cafe(world)
    runner = _runner(world, *JOBS)
    world.clock.now_ms = moment_ms(MONDAY + timedelta(days=1), 700)

    for _ in range(2):
        runner.run_due()
        world.clock.advance(300_000)

    reminded = [one for one in _reminded(world.device()) if one[0] == "2025-10-13"]
    assert reminded == [("2025-10-13", 3)]


def test_every_job_of_the_cloud_runs_on_an_empty_day(world: World) -> None:
    """CPN-20, PNT-17, RBA-15"""
    jobs = (*JOBS, *long_jobs(world.cloud.vault))
    runner = _runner(world, *jobs)
    world.clock.advance(2 * 86_400_000)

    assert runner.run_due() == len(jobs)
    assert [one["failures"] for one in world.ok("GET", "/v1/jobs")["jobs"]] == [0] * len(jobs)


def test_a_served_cloud_does_its_jobs(database_url: str, key_file: Path) -> None:
    """The runner of the application itself, beside its requests."""
    with World(Settings(database_url, key_file, jobs_every_ms=20)) as world:
        jobs = {one.name for one in (*JOBS, *long_jobs(world.cloud.vault))}
        wait_until(lambda: {one["name"] for one in world.ok("GET", "/v1/jobs")["jobs"]} == jobs, "each has its row")
        world.ok("POST", "/v1/jobs/coupon-notices/run")
        wait_until(lambda: _seen(world, "coupon-notices")["finished_ms"] == world.clock(), "the job ran")
