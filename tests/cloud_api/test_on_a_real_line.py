"""A real counter, a real cloud, sockets between them, and everything that lines do: nothing lost, nothing twice.

The agent's half of cases 18, 19 and 21 is here too: what it does when the cloud refuses it.
"""

from __future__ import annotations

import itertools
import json
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from sqlalchemy import select

from agent.approval.types import Decided
from agent.earn import service as earning
from agent.earn.types import Earned
from agent.link.viewmodel import describe
from agent.texts import Texts
from cloud_api.devices.enrollment import revoke
from cloud_api.gateway import routes
from cloud_api.gateway.models import device_op
from cloud_api.ledger.models import earn as earn_table
from simulation.kills.counter import RunningCounter
from simulation.kills.ground import CounterPlace, enroll
from sync.clock import SystemClock
from sync.transport import Timeouts
from tests.cloud_api.test_stream import serving
from tests.cloud_api.world import World
from tests.helpers.fault_proxy import Fault, FaultProxy
from tests.helpers.waiting import wait_until

# Shorter than in a shop, in proportion: a call has a second, a stream may be silent for two of the cloud's comments.
TIMEOUTS = Timeouts(connect_s=0.5, answer_s=1.0, stream_silence_s=1.2)
KEEPALIVE_S = 0.5
BACK_WITHIN_S = 20.0
PHONE = "01055501234"

_numbers = itertools.count(1)
LINES = [
    Fault("slow", latency_s=0.08),
    Fault("dripping", drip=(40, 0.004)),
    Fault("silent both ways", swallow=frozenset({"up", "down"})),
    Fault("answers lost", swallow=frozenset({"down"})),
    Fault("calls lost", swallow=frozenset({"up"})),
    Fault("cut in the head of a call", reset_after=("up", 60)),
    Fault("cut in the body of a call", reset_after=("up", 900)),
    Fault("cut in the head of an answer", reset_after=("down", 20)),
    Fault("cut in the body of an answer", reset_after=("down", 260)),
    Fault("answers half open", end_after=("down", 200)),
    Fault("calls half open", end_after=("up", 700)),
    Fault("nobody listens", refuse=True),
]
STANDS = {"slow", "dripping"}  # what is only slow is no reason to say offline


@dataclass
class Shop:
    """One counter behind a proxy."""

    world: World
    proxy: FaultProxy
    place: CounterPlace
    counter: RunningCounter
    shown: list[Earned]

    def sell(self, count: int, pause_s: float = 0.0) -> None:
        for _ in range(count):
            answer = self.counter.sell(f"R-{next(_numbers)}", 4_500, PHONE)
            assert isinstance(answer, Earned)
            self.shown.append(answer)
            time.sleep(pause_s)

    @property
    def online(self) -> bool:
        return self.counter.worker.status().online

    @property
    def pending(self) -> int:
        return self.counter.worker.status().pending

    def at_rest(self) -> bool:
        return self.online and not self.pending

    def booked(self) -> list[tuple[str, int]]:
        with self.world.cloud.database.read() as conn:
            return [tuple(row) for row in conn.execute(select(earn_table.c.earn_id, earn_table.c.points))]

    def assert_all_is_booked_once(self) -> None:
        assert sorted(self.booked()) == sorted((earned.earn_id, earned.points) for earned in self.shown)
        with self.world.cloud.database.read() as conn:
            seqs = conn.execute(select(device_op.c.seq).order_by(device_op.c.seq)).scalars().all()
        assert seqs == list(range(1, len(seqs) + 1))
        self.world.assert_book_is_sound()


OpenShop = Callable[..., Shop]


@pytest.fixture
def open_shop(new_world: Callable[..., World], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[OpenShop]:
    monkeypatch.setattr(routes, "STREAM_KEEPALIVE_S", KEEPALIVE_S)
    monkeypatch.setattr(earning, "ENTRIES_MAX", 1_000)  # a busy hour in a few seconds
    world = new_world()
    world.clock.now_ms = time.time_ns() // 1_000_000  # the counter has the real one
    with serving(world) as url, FaultProxy(url) as proxy:
        place = enroll(world.cloud, world.store, tmp_path / "counter", proxy.url)
        open_counters: list[RunningCounter] = []

        def open_one(clock: SystemClock | None = None) -> Shop:
            counter = RunningCounter(place, proxy.url, clock=clock, timeouts=TIMEOUTS)
            open_counters.append(counter)
            return Shop(world, proxy, place, counter, [])

        yield open_one
        for counter in open_counters:
            counter.close()


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("fault", LINES, ids=lambda fault: fault.name)
def test_whatever_the_line_does_everything_arrives_once(open_shop: OpenShop, fault: Fault) -> None:
    """I2, I3, I7, I8, AGT-05, AGT-06: the screen says what is true, and soon after healing all is there."""
    shop = open_shop()
    world = shop.world
    shop.sell(2)
    wait_until(shop.at_rest, "the counter is online", BACK_WITHIN_S)
    member = world.member(PHONE)
    coupons = [world.coupon(member) for _ in range(2)]

    shop.proxy.fault = fault
    shop.sell(4, pause_s=0.1)
    asked = [world.ask_coupon(member, coupons[0])["request_id"]]
    if fault.name in STANDS:
        wait_until(lambda: shop.pending == 0, "a slow line brings everything", BACK_WITHIN_S)
        assert shop.online
    else:
        wait_until(lambda: not shop.online, "the screen says offline", 10)
        status = shop.counter.worker.status()
        assert status.offline_since_wall_ms is not None
        assert status.last_error is not None
    shop.sell(2)
    assert shop.proxy.harmed > 0
    shop.proxy.heal()
    healed = time.monotonic()

    wait_until(shop.at_rest, "everything is sent and the screen says online", BACK_WITHIN_S)
    asked.append(world.ask_coupon(member, coupons[1])["request_id"])
    wait_until(
        lambda: {card.request_id for card in shop.counter.agent.approval.pending()} == set(asked),
        "both requests are on the screen",
        BACK_WITHIN_S,
    )
    assert time.monotonic() - healed < BACK_WITHIN_S + 5
    assert shop.counter.worker.status().last_error is None
    shop.assert_all_is_booked_once()


@pytest.mark.postgres
@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_line_that_changes_all_the_time_loses_and_doubles_nothing(open_shop: OpenShop) -> None:
    shop = open_shop()
    for fault in (*LINES, *reversed(LINES)):
        shop.proxy.fault = fault
        shop.sell(3, pause_s=0.08)
    shop.proxy.heal()

    wait_until(shop.at_rest, "everything is sent and the screen says online", 2 * BACK_WITHIN_S)
    assert len(shop.shown) == 6 * len(LINES)
    shop.assert_all_is_booked_once()


class WrongClock(SystemClock):
    """An hour ahead."""

    def wall_ms(self) -> int:
        return super().wall_ms() + 3_600_000


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_case_19_a_counter_with_a_wrong_clock_corrects_its_signature_once_and_never_the_clock(
    open_shop: OpenShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    refused: list[str] = []
    real = routes.authenticate

    def watched(*given: object, **named: object) -> object:
        try:
            return real(*given, **named)  # type: ignore[arg-type]
        except Exception as error:
            refused.append(getattr(error, "code", "?"))
            raise

    monkeypatch.setattr(routes, "authenticate", watched)
    shop = open_shop(WrongClock())
    shop.sell(1)
    wait_until(shop.at_rest, "the counter is online", BACK_WITHIN_S)
    first = list(refused)
    for _ in range(3):
        shop.sell(1)
        wait_until(shop.at_rest, "the earn is booked", BACK_WITHIN_S)

    assert 1 <= len(first) <= 2  # one for each of its two threads at most
    assert refused == first
    assert set(refused) == {"skew"}
    shop.assert_all_is_booked_once()


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_case_18_an_answer_that_says_replayed_costs_nothing(
    open_shop: OpenShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The counter signs anew, and sends the same operations."""
    shop = open_shop()
    shop.sell(1)
    wait_until(shop.at_rest, "the counter is online", BACK_WITHIN_S)
    real, left = routes.authenticate, [3]

    def replaying(*given: object, **named: object) -> object:
        call = real(*given, **named)  # type: ignore[arg-type]
        if left[0]:
            left[0] -= 1
            from cloud_api.devices.auth import refusal

            raise refusal("replayed", shop.world.clock())
        return call

    monkeypatch.setattr(routes, "authenticate", replaying)
    shop.sell(2)
    wait_until(lambda: left == [0] and shop.at_rest(), "the earns are booked", BACK_WITHIN_S)

    shop.assert_all_is_booked_once()


@pytest.mark.parametrize(
    "database_url", ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)], indirect=True
)
def test_case_21_a_revoked_counter_is_shut_out_at_once_says_so_and_keeps_its_queue(open_shop: OpenShop) -> None:
    """Revocation within 60 s, the stream included; the next enrollment of the same counter brings the queue."""
    shop = open_shop()
    shop.sell(2)
    wait_until(shop.at_rest, "the counter is online", BACK_WITHIN_S)
    wait_until(lambda: shop.world.cloud.hub.listening(), "its stream is open", BACK_WITHIN_S)

    revoked = time.monotonic()
    shop.world.cloud.database.transact(lambda work: revoke(work, shop.place.identity.device_id))
    wait_until(lambda: shop.counter.worker.status().last_error == "device_revoked", "the screen says revoked", 60)
    assert time.monotonic() - revoked < 60
    wait_until(lambda: not shop.world.cloud.hub.listening(), "its stream has ended", 60)
    shop.sell(3)
    time.sleep(1)  # for what must not happen there is nothing to wait for

    status = shop.counter.worker.status()
    assert (status.online, status.pending, status.last_error) == (False, 3, "device_revoked")
    shown = describe(Texts("ko"), status, time.time_ns() // 1_000_000)
    assert (shown.text, shown.tone) == ("이 카운터의 연결이 해지됐어요 · 3건 대기", "red")
    assert len(shop.booked()) == 2
    request = shop.world.ask_coupon(member := shop.world.member(PHONE), shop.world.coupon(member))
    time.sleep(1)  # as above
    assert request["request_id"] not in {card.request_id for card in shop.counter.agent.approval.pending()}
    assert shop.pending == 3


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.expect_log("device_forked", "push_halted")
def test_a_cloned_disk_is_found_out_and_value_goes_out_at_neither_of_the_two(
    open_shop: OpenShop, tmp_path: Path
) -> None:
    """R4: both carry one identity. Earns of either are booked and flagged, decisions over value wait for a person."""
    shop = open_shop()
    world = shop.world
    shop.sell(2)
    wait_until(shop.at_rest, "the counter is online", BACK_WITHIN_S)
    shop.counter.close()
    copy = replace(shop.place, folder=tmp_path / "clone")
    shutil.copytree(shop.place.folder, copy.folder)
    alone = RunningCounter(copy, "http://127.0.0.1:1", timeouts=TIMEOUTS)
    assert isinstance(alone.sell("R-of-the-clone", 9_000, PHONE), Earned)
    alone.close()
    shop = replace(shop, counter=RunningCounter(shop.place, shop.proxy.url, timeouts=TIMEOUTS))
    clone = RunningCounter(copy, shop.proxy.url, timeouts=TIMEOUTS)
    try:
        shop.sell(1)
        wait_until(lambda: shop.pending == 0 or clone.worker.status().pending == 0, "one of the two was first", 20)
        last_errors = lambda: {shop.counter.worker.status().last_error, clone.worker.status().last_error}  # noqa: E731
        wait_until(lambda: "forked" in last_errors(), "the other one is told that it is a clone", 20)
        first = shop.counter if shop.counter.worker.status().last_error is None else clone
        member = world.member(PHONE)
        request = world.ask_coupon(member, world.coupon(member))["request_id"]
        wait_until(lambda: first.agent.approval.pending(), "the request is on its screen", BACK_WITHIN_S)
        assert isinstance(first.agent.approval.approve(request, "staff:1"), Decided)
        assert isinstance(first.sell("R-afterwards", 5_000, PHONE), Earned)
        wait_until(lambda: first.worker.status().pending == 0, "its queue is sent", BACK_WITHIN_S)
        with first.store.read() as conn:
            decided = conn.execute("SELECT status, code FROM outbox WHERE kind = 'request.decide'").fetchone()
        assert tuple(decided) == ("rejected", "device_suspended")
        assert world.request(request)["state"] in ("requested", "seen")
        with world.cloud.database.read() as conn:
            flags = conn.execute(select(earn_table.c.flags).order_by(earn_table.c.booked_ms)).scalars().all()
        assert "device_suspended" in json.loads(flags[-1])
        other = clone if first is shop.counter else shop.counter
        assert other.worker.status().needs_attention == 1
        with other.store.read() as conn:  # not lost: it moves to the next enrollment
            assert conn.execute("SELECT count(*) FROM outbox WHERE status = 'forked'").fetchone()[0] == 1
        world.assert_book_is_sound()
    finally:
        clone.close()
        shop.counter.close()
