"""The stream over a real socket: rows as they happen, resumable, ended when it must end."""

from __future__ import annotations

import asyncio
import contextlib
import json
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from sqlalchemy import event

from cloud_api.bootstrap import build
from cloud_api.database import Work
from cloud_api.devices.enrollment import revoke
from cloud_api.gateway import feeds, routes
from cloud_api.serve import CloudServer, server_config
from sync.protocol import FeedKind
from tests.cloud_api.world import Device, World
from tests.helpers.waiting import wait_until

LIMIT_S = 10.0


@pytest.fixture
def served(world: World) -> Iterator[str]:
    """The world's cloud on a socket, beside the in-process way in."""
    with serving(world) as url:
        yield url


@contextlib.contextmanager
def serving(world: World) -> Iterator[str]:
    """Runs uvicorn on the loop that the application lives on."""
    urls: list[str] = []
    ready = threading.Event()

    def on_ready(url: str) -> None:
        urls.append(url)
        ready.set()

    config = server_config(world.app, "127.0.0.1", 0)
    config.lifespan = "off"  # the world has begun it already
    server = CloudServer(config, world.cloud.hub, on_ready)
    # Not `serve`, which is the same around signals: those belong to the main thread.
    running = asyncio.run_coroutine_threadsafe(server._serve(), world.loop)
    assert ready.wait(LIMIT_S)
    try:
        yield urls[0]
    finally:
        server.should_exit = True
        running.result(LIMIT_S)


@dataclass(frozen=True)
class Event:
    name: str
    ident: str | None
    content: Any


class Reading:
    """An open stream, read event by event."""

    def __init__(self, answer: httpx.Response) -> None:
        self._lines = answer.iter_lines()

    def next(self) -> Event | None:
        """The next event; None when the stream ended."""
        fields: dict[str, str] = {}
        for line in self._lines:
            if line.startswith(":"):
                return Event("comment", None, line)
            if not line and fields:
                return Event(fields["event"], fields.get("id"), json.loads(fields["data"]))
            name, _, value = line.partition(": ")
            if name:
                fields[name] = value
        return None

    def take(self, count: int) -> list[Event]:
        found = [self.next() for _ in range(count)]
        assert all(found)
        return [event for event in found if event is not None]


@contextlib.contextmanager
def streaming(url: str, device: Device, cursor: str | None = None, **headers: str) -> Iterator[Reading]:
    target = "/v1/sync/stream" + (f"?cursor={cursor}" if cursor is not None else "")
    named = {"authorization": device.sign("GET", target, b"")} | headers
    with httpx.Client(timeout=LIMIT_S) as client, client.stream("GET", url + target, headers=named) as answer:
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/event-stream")
        yield Reading(answer)


def test_rows_arrive_as_they_happen_and_an_id_resumes_after_its_row(world: World, served: str) -> None:
    device, member = world.device(), world.member()
    with streaming(served, device, device.welcome["cursor"]) as reading:
        hello, policy, store = reading.take(3)
        assert (hello.name, hello.ident) == ("hello", None)
        assert hello.content == {"server_time_ms": world.clock(), "generation": 1}
        assert [policy.content["kind"], store.content["kind"]] == ["policy", "store"]
        asked = world.ask_coupon(member, world.coupon(member))
        device.push(device.seen(asked["request_id"]))
        requested, seen = reading.take(2)

    assert [row.content["body"]["state"] for row in (requested, seen)] == ["requested", "seen"]
    assert seen.content["body"]["remaining_ms"] == 60_000
    assert [row.content for row in (policy, store, requested, seen)] == device.pull()["rows"]
    device.push(device.decide(asked["request_id"]))
    for resume in ({"cursor": requested.ident}, {"cursor": "1.0.0", "last-event-id": requested.ident}):
        with streaming(served, device, **resume) as reading:  # type: ignore[arg-type]
            _hello, again, approved = reading.take(3)
        assert again == seen
        assert approved.content["body"]["state"] == "approved"


def test_a_row_is_on_the_wire_a_moment_after_its_commit(world: World, served: str) -> None:
    device, member = world.device(), world.member()
    coupons = [world.coupon(member) for _ in range(5)]
    took = []
    with streaming(served, device, device.pull()["cursor"]) as reading:
        reading.take(1)
        for coupon in coupons:
            started = time.monotonic()
            world.ask_coupon(member, coupon)
            reading.take(1)
            took.append(time.monotonic() - started)

    assert min(took) < 0.2, took


def test_rows_written_by_another_process_arrive_too(world: World, served: str) -> None:
    """N processes on one database: nobody announces, the poll finds it."""
    device = world.device()
    other = build(world.cloud.settings, clock=world.clock)
    feed_id = feeds.store_feed(world.store.store_id)

    def write(work: Work) -> None:
        feeds.publish(work, feed_id, FeedKind.EARN, {"from": "elsewhere"})

    try:
        with streaming(served, device, device.pull()["cursor"]) as reading:
            reading.take(1)
            other.database.transact(write)
            assert reading.take(1)[0].content["body"] == {"from": "elsewhere"}
    finally:
        other.database.close()


@pytest.mark.expect_log("cloud_went_back")
def test_an_unusable_cursor_is_reset_on_the_stream(world: World, served: str) -> None:
    device = world.device()
    for cursor in ("7.0.0", "1.99.0", "x", None):
        with streaming(served, device, cursor) as reading:
            hello, reset = reading.take(2)
            told = {"generation": 1, "cursor": "1.0.0"} | ({"went_back": True} if cursor == "1.99.0" else {})
            assert (hello.name, reset.name, reset.content) == ("hello", "reset", told)
            assert reading.next() is None


def test_a_quiet_stream_stays_alive_and_a_revoked_device_loses_it(
    world: World, served: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Case 21 while the stream is open."""
    monkeypatch.setattr(routes, "STREAM_KEEPALIVE_S", 0.05)
    device = world.device()
    with streaming(served, device, device.pull()["cursor"]) as reading:
        assert [found.name for found in reading.take(2)] == ["hello", "comment"]
        world.cloud.database.transact(lambda work: revoke(work, device.device_id))
        while (found := reading.next()) is not None:
            assert found.name == "comment"

    target = "/v1/sync/stream?cursor=1.0.0"
    refused = httpx.get(served + target, headers={"authorization": device.sign("GET", target, b"")})
    assert (refused.status_code, refused.json()["code"]) == (401, "device_revoked")


def test_a_long_poll_of_a_revoked_device_ends_with_the_refusal(world: World, served: str) -> None:
    """Case 21 for a device that polls."""
    device = world.device()
    target = f"/v1/sync/pull?cursor={device.pull()['cursor']}&wait_ms=20000"
    signed = {"authorization": device.sign("GET", target, b"")}
    with ThreadPoolExecutor(1) as other:
        waiting = other.submit(httpx.get, served + target, headers=signed, timeout=LIMIT_S)
        wait_until(lambda: device.device_id in world.cloud.hub.listening(), "the poll waits")
        world.cloud.database.transact(lambda work: revoke(work, device.device_id))
        answer = waiting.result(LIMIT_S)

    assert (answer.status_code, answer.json()["code"]) == (401, "device_revoked")


@pytest.mark.thorough
def test_idle_streams_ask_the_database_one_question_for_all(world: World, served: str) -> None:
    """A stream that waits holds no connection and asks nothing by itself."""
    devices = [world.device() for _ in range(20)]
    cursor = devices[0].pull()["cursor"]
    asked: list[str] = []
    engine = world.cloud.database._reader

    def note(_conn: Any, _cursor: Any, statement: str, _values: Any, _context: Any, _many: bool) -> None:
        asked.append(statement)

    def one_question() -> bool:
        """Whether since the last look only that was asked: who is trusted, and whether any feed grew at all."""
        seen = tuple(asked)
        asked.clear()
        growth = [statement for statement in seen if "FROM device" not in statement]
        return len(growth) < len(seen) and all("sum(n)" in statement for statement in growth)

    with contextlib.ExitStack() as stack:
        readings = [stack.enter_context(streaming(served, device, cursor)) for device in devices]
        for reading in readings:
            reading.take(1)
        event.listen(engine, "before_cursor_execute", note)
        for _ in range(5):
            wait_until(one_question, "the streams wait")
        threading.Event().wait(10 * world.cloud.settings.trust_every_ms / 1000)
        event.remove(engine, "before_cursor_execute", note)

    assert 1 <= sum("FROM device" in statement for statement in asked) <= 11, "one question for twenty streams"


def test_open_streams_and_long_polls_end_with_the_server(new_world: Callable[..., World]) -> None:
    world = new_world()
    device = world.device()
    cursor = device.pull()["cursor"]
    with contextlib.ExitStack() as stack:
        server = stack.enter_context(serving(world))
        readings = [stack.enter_context(streaming(server, device, cursor)) for _ in range(5)]
        for reading in readings:
            reading.take(1)
        started = time.monotonic()
        world.cloud.hub.close()
        assert all(reading.next() is None for reading in readings)
        assert time.monotonic() - started < 8  # well before the next keep-alive


def test_every_stream_of_a_store_gets_every_row_in_order(world: World, served: str) -> None:
    devices = [world.device() for _ in range(4)]
    cursor = devices[0].pull()["cursor"]
    with contextlib.ExitStack() as stack:
        readings = [stack.enter_context(streaming(served, device, cursor)) for device in devices]
        for reading in readings:
            reading.take(1)
        for _ in range(5):
            for device in devices:
                device.push(device.earn(), device.earn())
        seen = [[event.content["n"] for event in reading.take(40)] for reading in readings]

    first = seen[0][0]
    assert all(numbers == list(range(first, first + 40)) for numbers in seen)


@pytest.mark.expect_log("epoch_renewed")
@pytest.mark.parametrize("protocol", [2, 7])
def test_a_program_of_another_version_is_told_426_and_its_facts_are_taken_all_the_same(
    world: World, served: str, protocol: int
) -> None:
    """Over a real socket: 426 stops what is new, never the upload of facts; a new epoch is part of the upload."""
    device = world.device()
    sold = device.earn()
    strange = device.op("stamp.fold", {"folded": 1}, v=protocol)

    def post(path: str, raw: bytes) -> httpx.Response:
        headers = {"authorization": device.sign("POST", path, raw), "content-type": "application/json"}
        return httpx.post(served + path, content=raw, headers=headers, trust_env=False, timeout=10)

    key = post("/v1/sync/key", json.dumps({"protocol": protocol, "public_key": "A", "proof": "A"}).encode())
    pushed = post("/v1/sync/push", device.batch(sold, strange, protocol=protocol))
    epoch = post("/v1/sync/epoch", json.dumps({"protocol": protocol, "after": 1}).encode())

    assert (key.status_code, key.json()["code"]) == (426, "upgrade_needed")
    assert [one["status"] for one in pushed.json()["results"]] == ["applied", "parked"]
    assert epoch.status_code == 200
    assert world.points(world.member())[0] > 0


def signed_get(served: str, device: Device, target: str) -> httpx.Response:
    named = {"authorization": device.sign("GET", target, b"")}
    return httpx.get(served + target, headers=named, timeout=LIMIT_S, trust_env=False)


def test_a_long_poll_ends_with_the_first_row_or_empty_where_it_began(world: World, served: str) -> None:
    """What a device does whose proxy holds streams back: the row comes with its commit, not with the time-out."""
    device, member = world.device(), world.member()
    cursor = device.pull()["cursor"]
    empty = signed_get(served, device, f"/v1/sync/pull?cursor={cursor}&wait_ms=50").json()
    assert (empty["rows"], empty["cursor"], empty["has_more"]) == ([], cursor, False)

    target = f"/v1/sync/pull?cursor={cursor}&wait_ms=20000"
    with ThreadPoolExecutor(1) as other:
        began = time.monotonic()
        waiting = other.submit(signed_get, served, device, target)
        wait_until(lambda: device.device_id in world.cloud.hub.listening(), "the poll waits")
        asked = world.ask_coupon(member, world.coupon(member))
        page = waiting.result(LIMIT_S).json()

    assert time.monotonic() - began < LIMIT_S
    assert [row["body"]["request_id"] for row in page["rows"] if row["kind"] == "request"] == [asked["request_id"]]
    assert page["cursor"] != cursor


def test_after_a_restore_every_road_names_the_new_generation(world: World, served: str) -> None:
    """Over a real socket: the stream resets, a page and a long poll are 410, a push says where to go on; from the
    snapshot's cursor the feed goes on as ever."""
    device = world.device()
    device.push(device.earn())
    cursor = device.pull()["cursor"]
    raised = world.cloud.database.transact(feeds.next_generation)

    with streaming(served, device, cursor) as reading:
        hello, reset = reading.take(2)
    assert (hello.content["generation"], reset.name, reset.content["generation"]) == (raised, "reset", raised)
    for wait in ("", "&wait_ms=20000"):
        refused = signed_get(served, device, f"/v1/sync/pull?cursor={cursor}{wait}")
        assert (refused.status_code, refused.json()["code"]) == (410, "cursor_reset")
        assert refused.json()["generation"] == raised
    raw = device.batch()
    headers = {"authorization": device.sign("POST", "/v1/sync/push", raw), "content-type": "application/json"}
    pushed = httpx.post(served + "/v1/sync/push", content=raw, headers=headers, timeout=LIMIT_S, trust_env=False).json()
    assert (pushed["generation"], pushed["expected_seq"]) == (raised, 2)

    lines = [json.loads(line) for line in signed_get(served, device, "/v1/sync/snapshot").text.splitlines()]
    begin = lines[0]["body"]
    assert (begin["generation"], lines[-1]["kind"]) == (raised, "end")
    with streaming(served, device, begin["cursor"]) as reading:
        assert reading.take(1)[0].name == "hello"
        member = world.member()
        asked = world.ask_coupon(member, world.coupon(member))
        [row] = reading.take(1)
    assert row.content["body"]["request_id"] == asked["request_id"]
